/**
 * A redirected connection with streams and time that the test moves: what the operator says, what
 * client and server do, and what becomes of it.
 */
import { expect } from "vitest";
import { encodeCanonical, revisionOf } from "../../base/canonical-json.ts";
import type { Fault } from "../../base/fault.ts";
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import { noRegexes } from "../../mesh/regex-engine.ts";
import { RouteTable } from "../../mesh/route-table.ts";
import { DEFAULT_SERVER_TIMING } from "../../proxy/connection/caller-watch.ts";
import type { ServerConnection } from "../../proxy/connection/server-connection.ts";
import type { TcpRoute } from "../../proxy/connection/tcp-route.ts";
import { Configuration } from "../../proxy/control/configuration.ts";
import { DEFAULT_DETECTION_TIMING } from "../../proxy/detect/detection.ts";
import { ServerFirstMemory } from "../../proxy/detect/server-first-memory.ts";
import { type Exchange, OUTBOUND } from "../../proxy/exchange/exchange.ts";
import { SampleLayer } from "../../proxy/layers/sample-layer.ts";
import { OpenConnections } from "../../proxy/lifecycle/open-connections.ts";
import { SampleNetwork, SampleStream } from "../../proxy/net/sample-stream.ts";
import { AddressTable } from "../../proxy/outbound/address-table.ts";
import { DestinationSlot } from "../../proxy/outbound/destination-table.ts";
import { FixedTcpRoute } from "../../proxy/outbound/fixed-tcp-route.ts";
import { AccessLog } from "../../proxy/telemetry/access-log.ts";
import { DetectMetrics } from "../../proxy/telemetry/detect-metrics.ts";
import { FaultRecorder } from "../../proxy/telemetry/fault-recorder.ts";
import { RedirectMetrics } from "../../proxy/telemetry/redirect-metrics.ts";
import { TcpMetrics } from "../../proxy/telemetry/tcp-recorder.ts";
import {
  type BoundService,
  RedirectedConnection,
} from "../../proxy/transparent/redirected-connection.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { destination, service, serviceBinding } from "./fake-table.ts";

/** Where the connection was meant to go. */
export const MEANT = { host: "10.96.0.1", port: 5432 };
export const MEANT_TEXT = "10.96.0.1:5432";
/** Where the service's rule sends connections. */
export const ENDPOINT = "10.0.0.7";
/** How long what the mesh does not know may take to connect; others a second. */
export const OUTSIDE_MS = 9_000;
/** The wheel calls up to a tick late. */
export const TICK_MS = 4;
const { silentWaitMs } = DEFAULT_DETECTION_TIMING;

/** One connection, its client, and whoever it dials. */
export class RedirectedScene implements BoundService {
  readonly direction = OUTBOUND;
  readonly draining = false;
  readonly timers = new ManualTimers();
  readonly network = new SampleNetwork();
  readonly stream = new SampleStream();
  readonly connections = new OpenConnections();
  readonly metrics = new Metrics({ clock: this.timers.clock });
  readonly lines: Record<string, unknown>[] = [];
  /** Targets of the requests that were served. */
  readonly served: string[] = [];
  /** Null: an endpoint was dialled. */
  destination: DestinationSlot | null = new DestinationSlot(service("db"));
  hint: PortProtocol = "detect";
  readonly #configuration: Configuration;
  readonly #connection: RedirectedConnection;
  readonly #tcp: TcpMetrics;

  constructor() {
    const { timers, network, metrics } = this;
    const { clock } = timers;
    const wheel = new TimerWheel({ clock, timers });
    this.#configuration = new Configuration({ clock, timers });
    this.#configuration.attach({ takesAddresses: true, send: () => {} });
    const write = (line: string): number => this.lines.push(JSON.parse(line));
    const accessLog = new AccessLog({ clock, format: "json", write });
    const faults = new FaultRecorder(metrics, silentLog);
    this.#tcp = new TcpMetrics(metrics, { clock, faults, accessLog });
    const configuration = this.#configuration;
    this.#connection = new RedirectedConnection(this.stream, MEANT, {
      clock,
      wheel,
      addresses: new AddressTable({ configuration, clock, wheel, hasOperator: true }),
      connections: this.connections,
      detection: {
        wheel,
        timing: DEFAULT_DETECTION_TIMING,
        targetBytesMax: 100,
        serverFirst: new ServerFirstMemory(clock),
        recorder: new DetectMetrics(metrics).open(OUTBOUND),
      },
      tunnel: { network, clock, wheel, timing: { connectTimeoutMs: 1_000 } },
      outsideTunnel: { network, clock, wheel, timing: { connectTimeoutMs: OUTSIDE_MS } },
      server: { clock, wheel, limits: DEFAULT_HTTP1_LIMITS, timing: DEFAULT_SERVER_TIMING },
      recorder: new RedirectMetrics(metrics).open(OUTBOUND),
      meaningOf: ({ binding }) => ({
        exchanges: binding === null ? null : this,
        hint: this.hint,
      }),
      straightOn: ({ host }) => this.route(host),
    });
  }

  slot(): DestinationSlot | null {
    return this.destination;
  }

  straightOn(): { readonly tcp: TcpRoute } {
    return { tcp: this.route(this.destination === null ? ENDPOINT : MEANT.host) };
  }

  start({ head }: Exchange): void {
    this.served.push(head.targetText());
  }

  cancel(): void {}

  refused(_fault: Fault): void {}

  closed(connection: ServerConnection): void {
    this.connections.delete(connection);
  }

  route(host: string): TcpRoute {
    const recorder = this.#tcp.open(OUTBOUND, service("db"));
    const options = { service: service("db"), idleTimeoutMs: 0, recorder };
    return new FixedTcpRoute(host, MEANT.port, options);
  }

  begin(): this {
    this.#connection.begin();
    return this;
  }

  /** The operator says what stands at the address. */
  say(body: AddressBinding | null = serviceBinding("db")): this {
    const encoded = body === null ? "null" : encodeCanonical(body);
    const revision = body === null ? "absent" : revisionOf(encoded);
    const head = { message: "snapshot", type: "address", key: MEANT_TEXT, revision } as const;
    const text = `${JSON.stringify({ ...head, requires: [] }).slice(0, -1)},"body":${encoded}}`;
    this.#configuration.receive({ ...head, requires: [], body }, text);
    this.timers.advance(0);
    return this;
  }

  /** The operator says what the service is. */
  decide(state: "live" | "absent" | "invalid"): void {
    const slot = this.destination;
    if (slot === null) throw new Error("there is none");
    slot.state = state;
    if (state === "live") {
      slot.stack = {
        key: slot.key,
        revision: "1",
        destination: destination("db", ["db"]),
        table: new RouteTable([], noRegexes),
        routes: [],
        top: new SampleLayer(),
        tcp: this.route(ENDPOINT),
      };
    }
    for (const waiter of [...slot.waiting]) {
      slot.waiting.delete(waiter);
      waiter.destinationDecided(slot);
    }
  }

  beSilent(): this {
    this.timers.advance(silentWaitMs + TICK_MS);
    return this;
  }

  abort(): void {
    this.connections.abort();
  }

  get dialled(): readonly string[] {
    return this.network.dialled.map(({ remoteAddress }) => remoteAddress);
  }

  get endpoint(): SampleStream {
    return this.network.dialled.at(-1) ?? new SampleStream();
  }

  count(name: string, label: string): number {
    const lines = [...this.metrics.expose()].join("").split("\n");
    const found = lines.find((line) => line.startsWith(name) && line.includes(`"${label}"`));
    return Number(found?.split(" ").at(-1));
  }

  kinds(kind: string): number {
    return this.count("heddle_redirect_connections_total", kind);
  }

  unmanaged(awaited: string): number {
    return this.count("heddle_unmanaged_total", awaited);
  }

  /** Nobody holds it any more, and nothing is waited for. */
  expectGone(): void {
    expect(this.connections.size).toBe(0);
    expect(this.destination?.waiting.size ?? 0).toBe(0);
    this.timers.advance(10_000);
    for (const stream of this.network.dialled) expect(stream.closed).toBe(true);
  }
}
