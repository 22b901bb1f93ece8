/**
 * The concrete side of the way out: the endpoints of one service port, how loaded each looks, and
 * the connections to each. One backend serves every destination and route that names it, and
 * lives on when the configuration changes, with what it has learned.
 */
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { WheelTimer } from "../../base/timer-wheel.ts";
import type { BackendSettings } from "../../mesh/backend-settings.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { EndpointBalancer } from "../balance/endpoint-balancer.ts";
import type { Eviction } from "../balance/eviction.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import { NO_HASH } from "../balance/picker.ts";
import type { ClientConnectionDeps } from "../connection/client-connection.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import type { BackendStack } from "../exchange/stacks.ts";
import { BalanceLayer, type EndpointSource } from "../layers/balance.ts";
import { FromBackend } from "../layers/junctions.ts";
import { compose, type Layer } from "../layers/layer.ts";
import { createRequestHash, type RequestHash } from "../layers/request-hash.ts";
import { SendLayer } from "../layers/send.ts";
import type { Stream } from "../net/stream.ts";
import { EndpointPool, type PoolLimits, type PoolOwner } from "../pool/endpoint-pool.ts";
import type { DiscoveryRecorder } from "../telemetry/discovery-recorder.ts";
import type { EvictionRecorder, ProbeKind, ProbeOutcome } from "../telemetry/eviction-recorder.ts";
import { ConnectProber, type ConnectProbeSource } from "./connect-prober.ts";
import { DiscoveryHistory } from "./discovery-history.ts";
import {
  type DiscoveryStanding,
  DiscoveryTrust,
  isLeaving,
  type TrustedEndpoint,
} from "./discovery-trust.ts";

export interface BackendDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly connection: ClientConnectionDeps;
  readonly poolLimits: PoolLimits;
  readonly discovery: DiscoveryRecorder;
  readonly evictions: EvictionRecorder;
  /** Of this proxy; empty when unknown: then zones do not count. */
  readonly ownZone: string;
  /** Likewise. */
  readonly ownNode?: string;
  /** Whether what discovery said last is so old that it may no longer be true. */
  readonly isDiscoveryStale: () => boolean;
}

export class Backend implements BackendStack, EndpointSource, ConnectProbeSource {
  readonly key: ServiceKey;
  readonly top: Layer;
  readonly history = new DiscoveryHistory();
  readonly #deps: BackendDeps;
  readonly #trust: DiscoveryTrust;
  readonly #prober: ConnectProber;
  readonly #send = new SendLayer(this);
  /** By the endpoint's id. */
  readonly #pools = new Map<string, EndpointPool>();
  /** When what is kept has to go. */
  readonly #timer = new WheelTimer(this);
  /** Somebody can no longer be used, and the picker does not know yet. */
  #isStale = false;
  #settings: BackendSettings;
  readonly #balancer: EndpointBalancer;
  /** Null where the choice does not depend on the request. */
  #hash: RequestHash | null;
  #endpoints: EndpointSet;

  constructor(set: EndpointSet, settings: BackendSettings, deps: BackendDeps) {
    this.key = set.service;
    this.#deps = deps;
    this.#settings = settings;
    this.#endpoints = set;
    this.#balancer = this.#createBalancer(settings);
    this.#hash = requestHash(settings);
    this.#prober = new ConnectProber(this, deps.clock, deps.connection);
    this.#trust = new DiscoveryTrust(settings.discovery, {
      decided: (decision, endpoint, nowMs) => {
        deps.discovery.record(decision);
        this.history.add(decision, endpoint.id, nowMs);
      },
      // Connections are plain text, and nobody can show who he is.
      provesIdentity: () => false,
      isConnected: ({ id }) => this.#isConnected(id),
    });
    const balance = new BalanceLayer(this, deps.clock, deps.connection.wheel);
    this.top = compose([new FromBackend(), balance, this.#send]).top;
    this.update(set);
  }

  get settings(): BackendSettings {
    return this.#settings;
  }

  get endpoints(): EndpointSet {
    return this.#endpoints;
  }

  get standing(): DiscoveryStanding {
    const { standing } = this.#trust;
    return standing === "live" && this.#deps.isDiscoveryStale() ? "stale" : standing;
  }

  get trust(): DiscoveryTrust {
    return this.#trust;
  }

  get available(): boolean {
    const nowMs = this.#deps.clock.nowMs();
    if (this.#isStale) this.#apply(nowMs);
    if (this.#balancer.picker.size === 0) return false;
    return !this.#trust.keepsUnready || this.#findWorking(nowMs) !== null;
  }

  get choices(): number {
    return this.#balancer.picker.size;
  }

  get loads(): IterableIterator<EndpointLoad> {
    return this.#balancer.loads;
  }

  isEligible(load: EndpointLoad): boolean {
    return this.#balancer.picker.includes(load);
  }

  keptBecause(load: EndpointLoad): string {
    return this.#trust.keptBecause(load.endpoint.id);
  }

  update(set: EndpointSet): void {
    const nowMs = this.#deps.clock.nowMs();
    this.#endpoints = set;
    this.#trust.update(set, nowMs);
    this.#apply(nowMs);
  }

  configure(settings: BackendSettings): void {
    const nowMs = this.#deps.clock.nowMs();
    const before = this.#settings;
    this.#settings = settings;
    if (!isSame(before.balancer, settings.balancer) || !isSame(before.breaker, settings.breaker)) {
      this.#balancer.reconfigure(settings.balancer, settings.breaker, nowMs);
      this.#hash = requestHash(settings);
    }
    this.#balancer.nodes = settings.nodes ?? "any";
    this.#trust.configure(settings.discovery, nowMs);
    this.#apply(nowMs);
  }

  /** The proxy knows better where it is. */
  placeChanged(): void {
    this.#apply(this.#deps.clock.nowMs());
  }

  get eviction(): Eviction | null {
    return this.#balancer.eviction;
  }

  pick(nowMs: number, exchange: Exchange): EndpointLoad | null {
    if (this.#isStale) this.#apply(nowMs);
    const hash = this.#hash === null ? NO_HASH : this.#hash.of(exchange);
    const load = this.#balancer.picker.pick(nowMs, exchange.failed, hash);
    if (load === null || !this.#trust.keepsUnready || this.#works(load, nowMs)) return load;
    return this.#findWorking(nowMs);
  }

  pickForConnection(nowMs: number, failed: FailedEndpoints | null): EndpointLoad | null {
    if (this.#isStale) this.#apply(nowMs);
    return this.#balancer.picker.pick(nowMs, failed, NO_HASH);
  }

  connectEnded(load: EndpointLoad, connected: boolean, nowMs: number): void {
    if (connected) this.eviction?.succeeded(load, nowMs);
    else this.eviction?.failed(load, nowMs);
  }

  get probeDueMs(): number {
    return this.eviction?.probeDueMs ?? Number.POSITIVE_INFINITY;
  }

  takeProbe(nowMs: number): EndpointLoad | null {
    const load = this.eviction?.takeProbe(nowMs) ?? null;
    this.#prober.schedule();
    return load;
  }

  probeEnded(load: EndpointLoad, outcome: ProbeOutcome, nowMs: number): void {
    this.#endProbe(load, "request", outcome, nowMs);
  }

  connectProbeEnded(load: EndpointLoad, outcome: ProbeOutcome): void {
    this.#endProbe(load, "connect", outcome, this.#deps.clock.nowMs());
  }

  mayDial(load: EndpointLoad): boolean {
    return this.#trust.mayDial(load.endpoint.id);
  }

  /** Why there is nothing to pick. */
  describe(): string {
    const count = this.#endpoints.endpoints.length;
    if (count === 0) return `${this.key} has no endpoints`;
    const { ownZone, ownNode = "" } = this.#deps;
    const { balancer, nodes } = this.#settings;
    const inZone = ownZone !== "" && balancer.zone === "only" ? ` in zone ${ownZone}` : "";
    const where = ownNode !== "" && nodes === "only" ? ` on node ${ownNode}` : inZone;
    return `none of the ${count} endpoints of ${this.key} is ready${where}`;
  }

  pool(load: EndpointLoad): EndpointPool {
    const { id } = load.endpoint;
    const known = this.#pools.get(id);
    if (known !== undefined) return known;
    const { connection, poolLimits } = this.#deps;
    const made = new EndpointPool(load.endpoint, connection, poolLimits, this.#poolOwner(id));
    made.isLeaving = isLeaving(load.endpoint);
    this.#pools.set(id, made);
    return made;
  }

  /** Takes a connection to its only endpoint that somebody else has opened. */
  adopt(stream: Stream): void {
    for (const load of this.loads) {
      this.pool(load).adopt(stream, this.#send);
      return;
    }
    stream.destroy();
  }

  /** Closes connections that are free, as long as more than so many are open to an endpoint. */
  trim(openMax: number): void {
    for (const pool of this.#pools.values()) pool.trim(openMax);
  }

  /** What pools hold now, for metrics. */
  countConnections(): { readonly open: number; readonly idle: number } {
    let open = 0;
    let idle = 0;
    for (const pool of this.#pools.values()) {
      open += pool.openCount;
      idle += pool.idleCount;
    }
    return { open, idle };
  }

  onTimer(): void {
    const nowMs = this.#deps.clock.nowMs();
    if (this.#trust.expire(nowMs)) this.#apply(nowMs);
    else this.#schedule(nowMs);
  }

  /** Nobody names it any more. What is under way is finished. */
  retire(): void {
    this.#deps.connection.wheel.cancel(this.#timer);
    this.#prober.stop();
    for (const pool of this.#pools.values()) pool.retire();
    this.#pools.clear();
  }

  #createBalancer({ balancer, breaker, nodes = "any" }: BackendSettings): EndpointBalancer {
    const { random, evictions } = this.#deps;
    const deps = this.#deps;
    const made = new EndpointBalancer(balancer, random, {
      get ownZone() {
        return deps.ownZone;
      },
      get ownNode() {
        return deps.ownNode ?? "";
      },
      breaker,
      events: {
        evicted: ({ endpoint }, reason) => {
          evictions.evicted(reason);
          this.#pools.get(endpoint.id)?.withdrawWaiting(this.#send);
          this.#prober.schedule();
        },
        spared: (_, reason) => evictions.spared(reason),
        needed: () => evictions.needed(),
      },
    });
    made.nodes = nodes;
    return made;
  }

  #endProbe(load: EndpointLoad, kind: ProbeKind, outcome: ProbeOutcome, nowMs: number): void {
    this.#deps.evictions.probed(kind, outcome);
    if (outcome === "good") this.eviction?.probeSucceeded(load, nowMs);
    else if (outcome === "bad") this.eviction?.probeFailed(load, nowMs);
    else this.eviction?.probeAbandoned(load, nowMs);
    this.#prober.schedule();
  }

  /** False where discovery calls it unready, and what we see agrees for now. */
  #works(load: EndpointLoad, nowMs: number): boolean {
    return !load.isFailing(nowMs) || !this.#trust.isKeptUnready(load.endpoint.id);
  }

  #findWorking(nowMs: number): EndpointLoad | null {
    for (const load of this.loads) {
      if (this.isEligible(load) && this.#works(load, nowMs)) return load;
    }
    return null;
  }

  /** Brings loads, pools and the picker in line with who is trusted. */
  #apply(nowMs: number): void {
    this.#isStale = false;
    const endpoints: Endpoint[] = [];
    const trusted = new Map<string, TrustedEndpoint>();
    for (const one of this.#trust.endpoints) {
      trusted.set(one.endpoint.id, one);
      endpoints.push(asChosen(one));
    }
    this.#balancer.update(endpoints, nowMs);
    this.#prober.schedule();
    for (const [id, pool] of this.#pools) {
      const one = trusted.get(id);
      if (one !== undefined) {
        pool.mayDial = one.mayDial;
        pool.isLeaving = isLeaving(one.endpoint);
        continue;
      }
      this.#pools.delete(id);
      pool.retire();
    }
    this.#schedule(nowMs);
  }

  #isConnected(id: string): boolean {
    return (this.#pools.get(id)?.openCount ?? 0) > 0;
  }

  #poolOwner(id: string): PoolOwner {
    return {
      isEvicted: () => this.#balancer.find(id)?.evicted === true,
      poolEmptied: () => this.#cutOff(id),
    };
  }

  /** Nothing leads to an endpoint any more that may not be dialled. */
  #cutOff(id: string): void {
    if (this.#trust.disconnected(id, this.#deps.clock.nowMs())) this.#isStale = true;
  }

  #schedule(nowMs: number): void {
    const { wheel } = this.#deps.connection;
    const { expiresAtMs } = this.#trust;
    if (expiresAtMs < Number.POSITIVE_INFINITY) wheel.schedule(this.#timer, expiresAtMs - nowMs);
    else wheel.cancel(this.#timer);
  }
}

/** As the balancer is to see it. What was learnt of it stays, for when it comes back. */
function asChosen({ endpoint, kept, usable }: TrustedEndpoint): Endpoint {
  // Nobody chooses it any more.
  if (!usable) return { ...endpoint, state: "not-ready" };
  // It is not ready, and works.
  const isDoubted = kept !== null && endpoint.state === "not-ready";
  return isDoubted ? { ...endpoint, state: "serving" } : endpoint;
}

function requestHash({ balancer: { policy, hash } }: BackendSettings): RequestHash | null {
  return policy === "consistent-hash" && hash !== null ? createRequestHash(hash) : null;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
