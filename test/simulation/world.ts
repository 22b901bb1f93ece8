/**
 * A whole mesh in virtual time: real proxies, configured through the real control protocol, between
 * simulated callers and servers on a simulated network, while the faults of a scenario strike.
 */
import { silentLog } from "../../base/log.ts";
import { createSeededRandom, type Random } from "../../base/random.ts";
import { DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import type { Destination } from "../../mesh/destination.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { re2Regexes } from "../../mesh/re2-regex.ts";
import { DEFAULT_RETRY } from "../../mesh/retry.ts";
import { ProxyApp } from "../../proxy/app.ts";
import { ControlWorld } from "../harness/control-world.ts";
import { destination, endpoint, service } from "../harness/fake-table.ts";
import { TEST_OPERATOR, testSettings } from "../harness/test-settings.ts";
import { FaultDriver } from "./fault-driver.ts";
import { Ledger } from "./ledger.ts";
import { type Scenario, SERVICES, type ServiceName } from "./scenario.ts";
import { VirtualClient } from "./virtual-client.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import { VirtualOrigin } from "./virtual-origin.ts";

const SERVICE_PORT = 8080;
const PROXY_HOST = "10.254.0.1";

/** Short, so that a history need not be long to show the mesh recovered; grace outlasts faults. */
const BREAKER_BACKOFF = { baseMs: 500, maxMs: 4_000, jitter: 0.5 };
const GRACE_MS = 12_000;

/** Tight, so that a storm would show. */
export const SIMULATED_BUDGET = { ratio: 0.2, minRetriesPerSecond: 2, ttlMs: 10_000 };

/** Of three requests one must not be repeated. */
const METHODS = ["GET", "GET", "POST"] as const;

export class World {
  readonly scenario: Scenario;
  readonly control: ControlWorld;
  readonly network: VirtualNetwork;
  readonly ledger = new Ledger();
  readonly proxies: ProxyApp[] = [];
  readonly clients: VirtualClient[] = [];
  readonly origins = new Map<ServiceName, VirtualOrigin[]>();
  readonly #random: Random;
  readonly #faults: FaultDriver;
  #requestCount = 0;
  #isSending = true;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.#random = createSeededRandom(scenario.seed ^ 0x5eed);
    this.control = new ControlWorld(scenario.seed, 2);
    this.control.replica(TEST_OPERATOR);
    const { timers } = this.control;
    this.network = new VirtualNetwork({
      timers,
      random: this.#random,
      latencyMinMs: 0.1,
      latencyMaxMs: 1,
    });
    for (const name of SERVICES) this.#createService(name);
    this.#faults = new FaultDriver(this, this.#random);
  }

  get nowMs(): number {
    return this.control.timers.clock.nowMs();
  }

  async start(): Promise<void> {
    for (let index = 0; index < this.scenario.proxyCount; index += 1) {
      const proxy = this.#createProxy(index);
      const listeners = await proxy.start();
      this.proxies.push(proxy);
      const outbound = listeners[1];
      if (outbound === undefined) throw new Error("a proxy has a way out");
      this.#createClients(outbound.host, outbound.port);
    }
    // The control protocol settles before anybody calls.
    this.control.timers.advance(100);
    for (const client of this.clients) this.#sendLater(client);
    this.#faults.start();
  }

  /** Moves time on; the ledger is checked after every step. */
  run(untilMs: number): void {
    while (this.nowMs < untilMs) {
      this.control.timers.advance(Math.min(50, untilMs - this.nowMs));
      this.ledger.check(this.nowMs);
    }
  }

  /** No new requests; those under way end. */
  stopSending(): void {
    this.#isSending = false;
  }

  /** What discovery tells of a service from now on. */
  tell(name: ServiceName, endpoints: readonly Endpoint[], synced = true): void {
    const sorted = [...endpoints].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.control.table.put("endpoints", service(name), {
      service: service(name),
      source: "files",
      synced,
      endpoints: sorted,
    });
    this.ledger.told(name, sorted, this.nowMs);
  }

  /** All of a service's endpoints, as they were at the beginning. */
  endpointsOf(name: ServiceName): readonly Endpoint[] {
    return (this.origins.get(name) ?? []).map(({ options }, index) => ({
      ...endpoint(index),
      id: `${options.workload}/${options.address}:${options.port}`,
      address: options.address,
      port: options.port,
    }));
  }

  createOrigin(workload: string, address: string): VirtualOrigin {
    const { concurrency, serviceMs } = this.scenario;
    return new VirtualOrigin({
      timers: this.control.timers,
      random: this.#random,
      network: this.network,
      workload,
      address,
      port: SERVICE_PORT,
      concurrency,
      serviceMs,
      executed: (execution) => this.ledger.executed(execution),
    });
  }

  #createService(name: ServiceName): void {
    const number = SERVICES.indexOf(name);
    const origins = Array.from({ length: this.scenario.endpointsPerService }, (_, index) => {
      const origin = this.createOrigin(`${name}-${index}`, `10.${number}.0.${index + 1}`);
      origin.start();
      return origin;
    });
    this.origins.set(name, origins);
    this.tell(name, this.endpointsOf(name));
    this.control.table.put("destination", service(name), this.#destination(name));
  }

  #destination(name: ServiceName): Destination {
    const made = destination(name, [name]);
    const { maxRetries, requestTimeoutMs } = this.scenario;
    return {
      ...made,
      budget: SIMULATED_BUDGET,
      backends: made.backends.map((one) => ({
        ...one,
        breaker: { ...DEFAULT_BREAKER, backoff: BREAKER_BACKOFF },
        discovery: { trust: "advisory", graceMs: GRACE_MS },
      })),
      rules: made.rules.map((rule) => ({
        ...rule,
        action: {
          ...rule.action,
          timeouts: { requestMs: requestTimeoutMs, responseMs: 0, idleMs: 0 },
          retry: {
            ...DEFAULT_RETRY,
            maxRetries,
            statuses: [{ min: 500, max: 599 }],
            onReset: true,
          },
        },
      })),
    };
  }

  #createProxy(index: number): ProxyApp {
    const { timers, network: control } = this.control;
    const settings = testSettings({
      name: `proxy-${index}`,
      accessLog: null,
      outbound: { host: PROXY_HOST, port: 0 },
      admin: { host: PROXY_HOST, port: 0 },
    });
    return new ProxyApp(settings, {
      clock: timers.clock,
      timers,
      random: createSeededRandom(this.scenario.seed * 31 + index),
      log: silentLog,
      network: this.network,
      connect: control.connector(),
      loadRegexes: () => Promise.resolve(re2Regexes),
      process: {
        cpuSeconds: () => 0,
        residentBytes: () => 0,
        startedAtSeconds: 0,
        takeLoopDelaySeconds: null,
      },
      writeAccessLog: () => {},
    });
  }

  #createClients(proxyHost: string, proxyPort: number): void {
    for (let index = 0; index < this.scenario.clientsPerProxy; index += 1) {
      const client: VirtualClient = new VirtualClient({
        timers: this.control.timers,
        network: this.network,
        proxyHost,
        proxyPort,
        done: (result) => {
          this.ledger.ended(result);
          this.#sendLater(client);
        },
      });
      this.clients.push(client);
    }
  }

  #sendLater(client: VirtualClient): void {
    const pauseMs = this.scenario.thinkMs * 2 * this.#random.nextFloat();
    this.control.timers.set(pauseMs, () => {
      if (this.#isSending && !client.isBusy) this.#send(client);
    });
  }

  #send(client: VirtualClient): void {
    const name = SERVICES[this.#requestCount % SERVICES.length] ?? "web";
    const method = METHODS[Math.floor(this.#random.nextFloat() * METHODS.length)] ?? "GET";
    this.#requestCount += 1;
    const request = {
      id: `r${this.#requestCount}`,
      method,
      host: name,
      path: "/",
      fields: "",
      body: method === "POST" ? "some body" : "",
    };
    this.ledger.sent(request, name, this.nowMs, this.scenario.requestTimeoutMs);
    client.send(request);
  }

  /** A caller that goes away starts again later. */
  abandon(client: VirtualClient): void {
    this.ledger.abandoned(client.leave());
    this.#sendLater(client);
  }
}
