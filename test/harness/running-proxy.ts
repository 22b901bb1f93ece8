/**
 * A whole proxy in this process, with real sockets on ports that are free, configured through the
 * real control protocol from a table that the test fills. Its clock is the machine's, or one that
 * the test moves.
 */
import { silentLog } from "../../base/log.ts";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { createSeededRandom } from "../../base/random.ts";
import type { ManualTimers } from "../../base/timers.ts";
import type { Action, Destination, Rule } from "../../mesh/destination.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { MATCH_EVERYTHING } from "../../mesh/match.ts";
import { re2Regexes } from "../../mesh/re2-regex.ts";
import { ProxyApp } from "../../proxy/app.ts";
import { createNodeNetwork } from "../../proxy/net/node-network.ts";
import { OpenSockets } from "../../proxy/net/open-sockets.ts";
import type { ProxySettings } from "../../proxy/settings.ts";
import { ControlWorld } from "./control-world.ts";
import { destination, endpoint, type FakeTable, service } from "./fake-table.ts";
import { RedirectingNetwork } from "./redirecting-network.ts";
import { TEST_OPERATOR, testSettings, WITHOUT_PROCESS } from "./test-settings.ts";
import { until } from "./until.ts";
import { WatchedNetwork } from "./watched-network.ts";

export interface RunningProxyOptions {
  readonly settings?: Partial<ProxySettings>;
  /** Moves the proxy's time by hand; the machine's if absent. */
  readonly timers?: ManualTimers;
}

export class RunningProxy {
  readonly app: ProxyApp;
  readonly table: FakeTable;
  readonly accessLog: string[] = [];
  /** The kernel's part in a transparent proxy. */
  readonly redirects = new RedirectingNetwork(createNodeNetwork(), createNodeNetwork());
  readonly network = new WatchedNetwork(this.redirects);
  readonly #control: ManualTimers;
  readonly #pump: NodeJS.Timeout;
  readonly #timers: ManualTimers | null;
  #ports: readonly number[] = [];

  private constructor(options: RunningProxyOptions) {
    const world = new ControlWorld(1, 0);
    world.replica(TEST_OPERATOR);
    this.table = world.table;
    this.#control = world.timers;
    // The control protocol runs in virtual time; this lets it follow the machine's.
    this.#pump = setInterval(() => world.timers.advance(2), 2);
    this.#timers = options.timers ?? null;
    const timers = options.timers ?? systemTimers;
    this.app = new ProxyApp(testSettings(options.settings), {
      clock: options.timers?.clock ?? systemClock,
      timers,
      random: createSeededRandom(1),
      log: silentLog,
      network: this.network,
      sockets: new OpenSockets(null),
      connect: world.network.connector(),
      loadRegexes: () => Promise.resolve(re2Regexes),
      writeAccessLog: (line) => this.accessLog.push(line),
      ...WITHOUT_PROCESS,
    });
  }

  static async start(options: RunningProxyOptions = {}): Promise<RunningProxy> {
    const running = new RunningProxy(options);
    running.#ports = (await running.app.start()).map(({ port }) => port);
    const why = () => `a proxy that is ready: ${running.app.notReadyBecause}`;
    await until(why, () => running.app.notReadyBecause === "");
    return running;
  }

  get adminPort(): number {
    return this.#ports[0] ?? 0;
  }

  get outboundPort(): number {
    return this.#ports[1] ?? 0;
  }

  get inboundPort(): number {
    return this.#ports[2] ?? 0;
  }

  /** Makes `name.shop:80` a service whose endpoints are these ports of this machine. */
  serve(name: string, ports: readonly number[], overrides: Partial<Action> = {}): void {
    this.endpoints(name, ports);
    const made = destination(name, [name]);
    this.put(name, { ...made, rules: made.rules.map((rule) => withAction(rule, overrides)) });
  }

  endpoints(name: string, ports: readonly number[], overrides: Partial<Endpoint> = {}): void {
    const endpoints = ports
      .map((port) => loopbackEndpoint(port, overrides))
      .sort((one, other) => (one.id < other.id ? -1 : 1));
    const set = { service: service(name), source: "files", synced: true, endpoints };
    this.table.put("endpoints", service(name), set);
  }

  put(name: string, made: Destination): void {
    this.table.put("destination", service(name), made);
  }

  /** Brings what the table holds to the proxy now, where it is watched already. */
  async configured(): Promise<void> {
    this.#control.advance(1_000);
    // Regular expressions are loaded by promises.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async stop(): Promise<void> {
    clearInterval(this.#pump);
    const moving = setInterval(() => this.#timers?.advance(100), 2);
    await this.app.stop();
    clearInterval(moving);
  }
}

export function loopbackEndpoint(port: number, overrides: Partial<Endpoint> = {}): Endpoint {
  return { ...endpoint(0), id: `127.0.0.1:${port}`, address: "127.0.0.1", port, ...overrides };
}

/** A rule that sends everything it matches to these backends at equal weight. */
export function rule(
  route: string,
  backends: readonly string[],
  overrides: Partial<Rule> = {},
): Rule {
  const [made] = destination(route, backends).rules;
  if (made === undefined) throw new Error("a destination has a rule");
  return { ...made, route, match: MATCH_EVERYTHING, ...overrides };
}

function withAction(made: Rule, overrides: Partial<Action>): Rule {
  return { ...made, action: { ...made.action, ...overrides } };
}
