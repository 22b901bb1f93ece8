/**
 * Holds the proxies to what they promise about endpoints that they evicted: nothing is sent there
 * but a probe at a time, never more than the set share is out, and never the last.
 */
import type { Clock } from "../../base/clock.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { ProxyApp } from "../../proxy/app.ts";
import { OPEN, PROBING } from "../../proxy/balance/breaker.ts";
import { EndpointLoad } from "../../proxy/balance/peak-ewma.ts";
import { service } from "../harness/fake-table.ts";
import { type Call, fail } from "./ledger.ts";
import type { Execution } from "./virtual-origin.ts";

/** What was chosen before the eviction may still arrive, when it had to wait for a connection. */
const UNDERWAY_MS = 1_010;

export class EvictionWatch {
  readonly #proxies: readonly ProxyApp[];
  readonly #clock: Clock;
  readonly #start = EndpointLoad.prototype.start;
  /** Of every evicted endpoint that was seen, for the figures. */
  evictedSeen = 0;
  /** Requests that arrived at an endpoint while it was probed. */
  probesSeen = 0;
  readonly #probedSinceMs = new Map<EndpointLoad, { sinceMs: number; count: number }>();

  constructor(proxies: readonly ProxyApp[], clock: Clock) {
    this.#proxies = proxies;
    this.#clock = clock;
  }

  /** Looks at every choice of an endpoint, until `stop`. */
  start(): void {
    const start = this.#start;
    const chosen = (load: EndpointLoad) => this.#chosen(load);
    EndpointLoad.prototype.start = function () {
      chosen(this);
      start.call(this);
    };
  }

  stop(): void {
    EndpointLoad.prototype.start = this.#start;
  }

  /** A request that this proxy sent has come to that address. */
  executed({ id, address, atMs }: Execution, { proxy, service: name }: Call): void {
    for (const load of this.#loadsAt(proxy, service(name), address)) {
      const { breaker } = load;
      if (!load.evicted || breaker === null) continue;
      const state = breaker.state(atMs);
      const isLate = atMs - breaker.sinceMs > UNDERWAY_MS;
      if (state === OPEN && isLate) {
        fail(`${id} was sent to ${load.endpoint.id}, evicted ${atMs - breaker.sinceMs} ms ago`);
      }
      if (state === PROBING) this.#probed(load, breaker.sinceMs, id);
    }
  }

  check(nowMs: number): void {
    for (const { outbound } of this.#proxies) {
      for (const { key, loads, settings } of outbound.table.backends) {
        const counted = [...loads].filter((load) => load.counted);
        const evicted = counted.filter((load) => load.evicted);
        this.evictedSeen += evicted.length;
        if (evicted.length === 0) continue;
        const share = settings.breaker?.evictedShareMax ?? 0;
        if (evicted.length > Math.floor(share * counted.length)) {
          fail(`${evicted.length} of ${counted.length} of ${key} are evicted at ${nowMs}`);
        }
        if (evicted.length >= counted.length) fail(`all of ${key} are evicted at ${nowMs}`);
      }
    }
  }

  /** Whether anybody is still out. */
  get isAnyEvicted(): boolean {
    return this.#hasAny((load) => load.evicted && load.counted);
  }

  /** Whether anybody still should be, and is avoided for it. */
  get isAnyPenalised(): boolean {
    const nowMs = this.#clock.nowMs();
    return this.#hasAny((load) => load.penalised && load.counted && nowMs < load.penaltyEndsMs);
  }

  #chosen(load: EndpointLoad): void {
    if (!load.evicted) return;
    const nowMs = this.#clock.nowMs();
    if (load.breaker?.state(nowMs) !== PROBING) {
      fail(`${load.endpoint.id} was chosen at ${nowMs}, and is evicted`);
    }
  }

  /** One request shows whether it is well; a second that comes in the same probe is traffic. */
  #probed(load: EndpointLoad, sinceMs: number, id: string): void {
    this.probesSeen += 1;
    const before = this.#probedSinceMs.get(load);
    const count = before?.sinceMs === sinceMs ? before.count + 1 : 1;
    this.#probedSinceMs.set(load, { sinceMs, count });
    if (count > 1) fail(`${id} was sent to ${load.endpoint.id}, which is being probed already`);
  }

  #hasAny(is: (load: EndpointLoad) => boolean): boolean {
    return this.#proxies.some(({ outbound }) =>
      [...outbound.table.backends].some(({ loads }) => [...loads].some(is)),
    );
  }

  /** Another service may know the same address, by another name. */
  *#loadsAt(proxy: number, key: ServiceKey, address: string): IterableIterator<EndpointLoad> {
    for (const backend of this.#proxies[proxy]?.outbound.table.backends ?? []) {
      if (backend.key !== key) continue;
      for (const load of backend.loads) {
        const { endpoint } = load;
        if (`${endpoint.address}:${endpoint.port}` === address) yield load;
      }
    }
  }
}
