/**
 * A whole mesh in virtual time: real proxies, configured through the real control protocol, between
 * simulated callers and servers on a simulated network, while the faults of a scenario strike.
 */
import { silentLog } from "../../base/log.ts";
import { createSeededRandom, type Random } from "../../base/random.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { re2Regexes } from "../../mesh/re2-regex.ts";
import { ProxyApp } from "../../proxy/app.ts";
import { OpenSockets } from "../../proxy/net/open-sockets.ts";
import { ControlWorld } from "../harness/control-world.ts";
import { endpoint, service } from "../harness/fake-table.ts";
import { TEST_OPERATOR, testSettings, WITHOUT_PROCESS } from "../harness/test-settings.ts";
import { BudgetWatch } from "./budget-watch.ts";
import { EvictionWatch } from "./eviction-watch.ts";
import { FaultDriver } from "./fault-driver.ts";
import { fail, Ledger } from "./ledger.ts";
import { RequestSource } from "./request-source.ts";
import { DARK, type Scenario, SERVICES, type ServiceName } from "./scenario.ts";
import { simulatedDestination } from "./simulated-destination.ts";
import { VirtualClient } from "./virtual-client.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import { VirtualOrigin } from "./virtual-origin.ts";

const SERVICE_PORT = 8080;
const PROXY_HOST = "10.254.0.1";

/** What must hold is looked at so often. */
const STEP_MS = 50;
const SCRAPE_STEPS_MAX = 1_000;

interface Address {
  readonly host: string;
  readonly port: number;
}

type CalledService = (typeof SERVICES)[number];

/** Who sends requests to one proxy. */
interface Caller {
  readonly client: VirtualClient;
  readonly proxy: number;
}

export class World {
  readonly scenario: Scenario;
  readonly control: ControlWorld;
  readonly network: VirtualNetwork;
  readonly ledger = new Ledger();
  readonly budgets: BudgetWatch;
  readonly evictions: EvictionWatch;
  readonly proxies: ProxyApp[] = [];
  readonly callers: Caller[] = [];
  /** By proxy: callers that came in a rush, and wait to be needed again. */
  readonly #idle: Caller[][] = [];
  readonly #doors: { readonly outbound: Address; readonly admin: Address }[] = [];
  readonly origins = new Map<ServiceName, VirtualOrigin[]>();
  readonly #random: Random;
  readonly #faults: FaultDriver;
  readonly #requests: RequestSource;
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
    this.#requests = new RequestSource(this.#random, scenario.requestTimeoutMs);
    this.evictions = new EvictionWatch(this.proxies, this.control.timers.clock);
    this.budgets = new BudgetWatch(this.control.timers.clock);
    for (const name of [...SERVICES, DARK] as const) this.#createService(name);
    this.#faults = new FaultDriver(this, this.#random);
  }

  get nowMs(): number {
    return this.control.timers.clock.nowMs();
  }

  /** Of all kinds, however long they were needed. */
  get clientCount(): number {
    return this.callers.length + this.#idle.reduce((sum, { length }) => sum + length, 0);
  }

  async start(): Promise<void> {
    this.budgets.start();
    this.evictions.start();
    for (let index = 0; index < this.scenario.proxyCount; index += 1) {
      const proxy = this.#createProxy(index);
      const [admin, outbound] = await proxy.start();
      if (admin === undefined || outbound === undefined) throw new Error("a proxy has two doors");
      this.proxies.push(proxy);
      this.#doors.push({ outbound, admin });
      this.#idle.push([]);
    }
    // The control protocol settles before anybody calls.
    this.control.timers.advance(100);
    for (const [proxy] of this.proxies.entries()) {
      for (let index = 0; index < this.scenario.clientsPerProxy; index += 1) {
        this.#sendLater(this.#createCaller(proxy));
      }
    }
    this.#faults.start();
  }

  /** Whatever becomes of it. */
  stop(): void {
    this.budgets.stop();
    this.evictions.stop();
  }

  /** Moves time on; what must hold is checked after every step. */
  run(untilMs: number): void {
    while (this.nowMs < untilMs) {
      this.control.timers.advance(Math.min(STEP_MS, untilMs - this.nowMs));
      this.ledger.check(this.nowMs);
      this.evictions.check(this.nowMs);
      this.budgets.check(this.#requests.count, this.ledger.repeatCount);
    }
  }

  /** No new requests; those under way end. */
  stopSending(): void {
    this.#isSending = false;
  }

  /** Calls at that rate, on as many connections as it takes, whatever becomes of those before. */
  callOften(name: CalledService, perSecond: number, untilMs: number): void {
    const gapMs = (-Math.log(1 - this.#random.nextFloat()) * 1_000) / perSecond;
    this.control.timers.set(gapMs, () => {
      if (this.nowMs >= untilMs || !this.#isSending) return;
      const proxy = Math.floor(this.#random.nextFloat() * this.proxies.length);
      const caller = this.#idle[proxy]?.pop() ?? this.#createCaller(proxy, "in a rush");
      this.#send(caller, name);
      this.callOften(name, perSecond, untilMs);
    });
  }

  /** What a proxy tells of itself. */
  scrape(proxy: number): Promise<string> {
    const door = this.#doors[proxy]?.admin;
    if (door === undefined) throw new Error(`there is no proxy ${proxy}`);
    let answer: string | null = null;
    const client = new VirtualClient({
      timers: this.control.timers,
      network: this.network,
      proxyHost: door.host,
      proxyPort: door.port,
      done: ({ body }) => {
        answer = body;
      },
    });
    const request = { id: "scrape", method: "GET", host: "admin", fields: "", bodyBytes: 0 };
    client.send({ ...request, path: "/metrics" });
    return this.#until(() => answer);
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
  }

  /** What the operator says from now on of how a service is to be called. */
  configure(name: CalledService, policies = this.scenario.policies[name]): void {
    const made = simulatedDestination(name, policies, this.scenario.requestTimeoutMs);
    this.control.table.put("destination", service(name), made);
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
      executed: (execution) => {
        const call = this.ledger.executed(execution);
        if (call !== undefined) this.evictions.executed(execution, call);
      },
      garbled: (id, by) => fail(`the body of ${id} came to ${by} as it was not sent`),
    });
  }

  #createService(name: ServiceName): void {
    const number = name === DARK ? SERVICES.length : SERVICES.indexOf(name);
    const origins = Array.from({ length: this.scenario.endpointsPerService }, (_, index) => {
      const origin = this.createOrigin(`${name}-${index}`, `10.${number}.0.${index + 1}`);
      origin.start();
      return origin;
    });
    this.origins.set(name, origins);
    this.tell(name, this.endpointsOf(name));
    if (name !== DARK) this.configure(name);
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
      sockets: new OpenSockets(null),
      connect: control.connector(),
      loadRegexes: () => Promise.resolve(re2Regexes),
      writeAccessLog: () => {},
      ...WITHOUT_PROCESS,
    });
  }

  #createCaller(proxy: number, kind: "steady" | "in a rush" = "steady"): Caller {
    const door = this.#doors[proxy]?.outbound;
    if (door === undefined) throw new Error(`there is no proxy ${proxy}`);
    const client: VirtualClient = new VirtualClient({
      timers: this.control.timers,
      network: this.network,
      proxyHost: door.host,
      proxyPort: door.port,
      done: (result) => {
        this.ledger.ended(result);
        if (kind === "steady") this.#sendLater(caller);
        else this.#idle[proxy]?.push(caller);
      },
    });
    const caller = { client, proxy };
    if (kind === "steady") this.callers.push(caller);
    return caller;
  }

  #sendLater(caller: Caller): void {
    const pauseMs = this.scenario.thinkMs * 2 * this.#random.nextFloat();
    this.control.timers.set(pauseMs, () => {
      const name = SERVICES[this.#requests.count % SERVICES.length] ?? "web";
      if (this.#isSending && !caller.client.isBusy) this.#send(caller, name);
    });
  }

  #send({ client, proxy }: Caller, name: CalledService): void {
    const drawn = this.#requests.next(name, this.scenario.policies[name], this.nowMs);
    this.ledger.sent({ ...drawn, service: name, proxy });
    client.send(drawn.request);
  }

  /** A caller that goes away starts again later. */
  abandon(caller: Caller): void {
    this.ledger.abandoned(caller.client.leave());
    this.#sendLater(caller);
  }

  async #until<T>(answer: () => T | null): Promise<T> {
    for (let steps = 0; steps < SCRAPE_STEPS_MAX; steps += 1) {
      const given = answer();
      if (given !== null) return given;
      this.control.timers.advance(1);
      // Admin pages are made by promises, which virtual time does not know of.
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error("a proxy does not answer about itself");
  }
}
