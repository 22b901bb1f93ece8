import { beforeEach, describe, expect, it } from "vitest";
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
import { destination, endpoint, service, serviceBinding } from "../../test/harness/fake-table.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { sampleHello, serverName } from "../../wire/tls/sample-hello.ts";
import { DEFAULT_SERVER_TIMING } from "../connection/caller-watch.ts";
import type { ServerConnection } from "../connection/server-connection.ts";
import type { TcpRoute } from "../connection/tcp-route.ts";
import { Configuration } from "../control/configuration.ts";
import { DEFAULT_DETECTION_TIMING } from "../detect/detection.ts";
import { ServerFirstMemory } from "../detect/server-first-memory.ts";
import { type Exchange, OUTBOUND } from "../exchange/exchange.ts";
import { SampleLayer } from "../layers/sample-layer.ts";
import { OpenConnections } from "../lifecycle/open-connections.ts";
import { SampleNetwork, SampleStream } from "../net/sample-stream.ts";
import { AddressTable, FIRST_ANSWER_MS } from "../outbound/address-table.ts";
import { DestinationSlot, WAITING_MAX } from "../outbound/destination-table.ts";
import { FixedTcpRoute } from "../outbound/fixed-tcp-route.ts";
import { FIRST_CONFIG_MS } from "../outbound/outbound.ts";
import { AccessLog } from "../telemetry/access-log.ts";
import { DetectMetrics } from "../telemetry/detect-metrics.ts";
import { FaultRecorder } from "../telemetry/fault-recorder.ts";
import { RedirectMetrics } from "../telemetry/redirect-metrics.ts";
import { TcpMetrics } from "../telemetry/tcp-recorder.ts";
import { type BoundService, RedirectedConnection } from "./redirected-connection.ts";

const MEANT = { host: "10.96.0.1", port: 5432 };
const MEANT_TEXT = "10.96.0.1:5432";
/** Where the service's rule sends connections. */
const ENDPOINT = "10.0.0.7";
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const { silentWaitMs } = DEFAULT_DETECTION_TIMING;
/** The wheel calls up to a tick late. */
const TICK_MS = 4;

class Scene implements BoundService {
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

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
});

describe("while its address is being asked about", () => {
  it("is not read, and goes on when the word comes", () => {
    scene.begin();
    expect([scene.stream.paused, scene.dialled]).toEqual([true, []]);
    scene.decide("live");
    scene.say();
    expect([scene.stream.paused, scene.kinds("service")]).toEqual([false, 1]);
    scene.stream.receive(GET);
    expect(scene.served).toEqual(["/"]);
  });

  it("ends with its client", () => {
    scene.begin().stream.close("reset");
    scene.expectGone();
    scene.say();
    expect(scene.dialled).toEqual([]);
  });

  it("is reset when the proxy goes", () => {
    scene.begin().connections.drain();
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });

  it("goes where it was meant to when nothing is heard", () => {
    scene.begin().timers.advance(FIRST_ANSWER_MS + TICK_MS);
    expect(scene.dialled).toEqual([MEANT.host]);
    expect([scene.kinds("unmanaged"), scene.unmanaged("address")]).toEqual([1, 1]);
    scene.network.connectNewest();
    scene.stream.receive(GET);
    scene.endpoint.receive("answer");
    expect([scene.endpoint.written, scene.stream.written]).toEqual([GET, "answer"]);
  });
});

describe("to an address that the mesh does not know", () => {
  beforeEach(() => {
    scene.begin().say(null);
  });

  it("is dialled at once, and a name in a ClientHello is seen in passing", () => {
    expect([scene.dialled, scene.kinds("unknown")]).toEqual([[MEANT.host], 1]);
    scene.network.connectNewest();
    const hello = sampleHello(serverName("out.example"));
    scene.stream.handler.onRead(hello, 0, hello.length);
    expect(scene.endpoint.written).toBe(Buffer.from(hello).toString("latin1"));
    scene.stream.close("closed");
    scene.endpoint.close("closed");
    expect(scene.lines).toMatchObject([
      { sni: "out.example", originalDestination: MEANT_TEXT, reason: "closed" },
    ]);
    scene.expectGone();
  });

  it("is reset when nobody is there", () => {
    scene.endpoint.close("refused");
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });

  it("is cut on both sides when the proxy stops", () => {
    scene.network.connectNewest();
    scene.abort();
    expect([scene.stream.wasReset, scene.endpoint.wasReset]).toEqual([true, true]);
    scene.expectGone();
  });
});

describe("to a service", () => {
  beforeEach(() => {
    scene.begin().say();
  });

  it("is served as requests when its first bytes are one, with nobody dialled", () => {
    scene.stream.receive("GET / HT");
    scene.stream.receive("TP/1.1\r\nHost: a\r\n\r\n");
    expect([scene.served, scene.dialled]).toEqual([["/"], []]);
    expect(scene.connections.size).toBe(1);
    scene.stream.close("closed");
    scene.expectGone();
  });

  it("has an endpoint dialled while it is silent, which is let go when it makes requests", () => {
    scene.decide("live");
    scene.beSilent();
    expect(scene.dialled).toEqual([ENDPOINT]);
    scene.network.connectNewest();
    scene.stream.receive(GET);
    expect([scene.served, scene.endpoint.closed]).toEqual([["/"], true]);
    expect(scene.lines).toEqual([]);
  });

  it("is a tunnel when the server speaks first", () => {
    scene.decide("live");
    scene.beSilent();
    scene.network.connectNewest().receive("220 db");
    expect(scene.stream.written).toBe("220 db");
    scene.stream.receive("EHLO");
    expect([scene.endpoint.written, scene.served]).toEqual(["EHLO", []]);
  });

  it("is a tunnel when its bytes are no request, and that has a client's name", () => {
    scene.decide("live");
    const hello = sampleHello(serverName("db.shop"));
    scene.stream.handler.onRead(hello, 0, hello.length);
    scene.network.connectNewest();
    expect(scene.endpoint.written).toHaveLength(hello.length);
    scene.abort();
    expect(scene.lines).toMatchObject([{ sni: "db.shop", reason: "stopped" }]);
    scene.expectGone();
  });

  it("is reset when no endpoint can be reached, whether anybody spoke or not", () => {
    scene.decide("live");
    scene.beSilent();
    scene.endpoint.close("refused");
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
    const other = new Scene();
    other.begin().say();
    other.decide("live");
    other.stream.receive("PING\r\n");
    other.endpoint.close("refused");
    expect(other.stream.wasReset).toBe(true);
    other.expectGone();
  });

  it("ends with its client, with and without an endpoint", () => {
    scene.decide("live");
    scene.stream.close("closed");
    scene.expectGone();
    const other = new Scene();
    other.begin().say();
    other.decide("live");
    other.beSilent();
    other.stream.close("reset");
    other.expectGone();
  });

  it("is reset when the proxy goes and nobody has spoken", () => {
    scene.decide("live");
    scene.beSilent();
    scene.connections.drain();
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });
});

describe("to a service that is not known yet", () => {
  beforeEach(() => {
    scene.begin().say().stream.receive("PING\r\n");
  });

  it("waits when it is opaque, and is a tunnel when the word comes", () => {
    expect(scene.dialled).toEqual([]);
    scene.decide("live");
    expect(scene.dialled).toEqual([ENDPOINT]);
    expect(scene.network.connectNewest().written).toBe("PING\r\n");
  });

  it("goes where it was meant to when there is no such service", () => {
    scene.decide("absent");
    expect([scene.dialled, scene.unmanaged("destination")]).toEqual([[MEANT.host], 0]);
  });

  it("is reset when the service cannot be served", () => {
    scene.decide("invalid");
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });

  it("goes where it was meant to when nothing is heard", () => {
    scene.timers.advance(FIRST_CONFIG_MS + TICK_MS);
    expect([scene.dialled, scene.unmanaged("destination")]).toEqual([[MEANT.host], 1]);
    expect(scene.destination?.waiting.size).toBe(0);
    scene.decide("live");
    expect(scene.dialled).toEqual([MEANT.host]);
  });

  it("ends with its client", () => {
    scene.stream.close("closed");
    scene.expectGone();
  });

  it("is let be when the proxy goes, until that is over", () => {
    scene.connections.drain();
    expect(scene.stream.closed).toBe(false);
    scene.abort();
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });
});

it("does not wait where too many wait already", () => {
  const slot = scene.destination;
  for (let count = 0; count < WAITING_MAX; count += 1) {
    slot?.waiting.add({ destinationDecided: () => {} });
  }
  scene.begin().say().stream.receive("PING\r\n");
  expect([scene.dialled, scene.unmanaged("destination")]).toEqual([[MEANT.host], 1]);
});

it("waits for a service while it is silent, and dials when that is known", () => {
  scene.begin().say().beSilent();
  expect(scene.dialled).toEqual([]);
  scene.decide("live");
  expect(scene.dialled).toEqual([ENDPOINT]);
  scene.network.connectNewest().receive("220 db");
  expect(scene.stream.written).toBe("220 db");
});

it("makes requests at once that had been silent while a service was waited for", () => {
  scene.begin().say().beSilent();
  scene.stream.receive(GET);
  expect(scene.served).toEqual(["/"]);
  scene.decide("live");
  expect(scene.dialled).toEqual([]);
});

it("goes to the endpoint that its caller chose", () => {
  scene.destination = null;
  scene.hint = "opaque";
  const chosen = endpoint(1, { address: MEANT.host, port: MEANT.port });
  scene
    .begin()
    .say({ kind: "endpoint", service: service("db"), protocol: "opaque", endpoint: chosen });
  expect([scene.dialled, scene.kinds("endpoint")]).toEqual([[ENDPOINT], 1]);
});
