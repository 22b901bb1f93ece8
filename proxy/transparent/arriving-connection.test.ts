import { beforeEach, describe, expect, it } from "vitest";
import type { Address } from "../../base/address.ts";
import type { Fault } from "../../base/fault.ts";
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { sampleHello, serverName } from "../../wire/tls/sample-hello.ts";
import { DEFAULT_SERVER_TIMING } from "../connection/caller-watch.ts";
import type { ServerConnection } from "../connection/server-connection.ts";
import { DEFAULT_DETECTION_TIMING } from "../detect/detection.ts";
import { type Exchange, INBOUND } from "../exchange/exchange.ts";
import { OpenConnections } from "../lifecycle/open-connections.ts";
import { SampleNetwork, SampleStream } from "../net/sample-stream.ts";
import type { Stream } from "../net/stream.ts";
import { FixedTcpRoute } from "../outbound/fixed-tcp-route.ts";
import { AccessLog } from "../telemetry/access-log.ts";
import { DetectMetrics } from "../telemetry/detect-metrics.ts";
import { FaultRecorder } from "../telemetry/fault-recorder.ts";
import { TcpMetrics } from "../telemetry/tcp-recorder.ts";
import { type ArrivalPort, ArrivingConnection } from "./arriving-connection.ts";

const OWN = { host: "10.0.0.5", port: 8080 };
const APP = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CONNECT_TIMEOUT_MS = 1_000;

class Scene implements ArrivalPort {
  readonly direction = INBOUND;
  readonly draining = false;
  readonly timers = new ManualTimers();
  readonly network = new SampleNetwork();
  readonly stream = new SampleStream();
  readonly connections = new OpenConnections();
  readonly lines: Record<string, unknown>[] = [];
  readonly served: string[] = [];
  readonly adopted: Stream[] = [];
  unreached: string[] = [];
  callerCount = 0;
  hint: PortProtocol = "detect";

  begin(): this {
    const { timers, network } = this;
    const { clock } = timers;
    const wheel = new TimerWheel({ clock, timers });
    const metrics = new Metrics({ clock });
    const write = (line: string): number => this.lines.push(JSON.parse(line));
    const recorder = new TcpMetrics(metrics, {
      clock,
      faults: new FaultRecorder(metrics, silentLog),
      accessLog: new AccessLog({ clock, format: "json", write }),
    }).open(INBOUND, APP);
    new ArrivingConnection(this.stream, OWN, {
      clock,
      connections: this.connections,
      ports: { enter: (address) => this.#enter(address) },
      detection: {
        wheel,
        timing: DEFAULT_DETECTION_TIMING,
        targetBytesMax: 100,
        serverFirst: null,
        recorder: new DetectMetrics(metrics).open(INBOUND),
      },
      tunnel: { network, clock, wheel, timing: { connectTimeoutMs: CONNECT_TIMEOUT_MS } },
      server: { clock, wheel, limits: DEFAULT_HTTP1_LIMITS, timing: DEFAULT_SERVER_TIMING },
      opaquePorts: [],
      unreached: {
        failed: (_address, problem) => void this.unreached.push(problem),
        reached: () => {
          this.unreached = [];
        },
      },
      routeTo: ({ host, port }) =>
        new FixedTcpRoute(host, port, { service: APP, idleTimeoutMs: 0, recorder }),
    }).begin();
    return this;
  }

  protocol(): PortProtocol {
    return this.hint;
  }

  adopt(stream: Stream): void {
    this.adopted.push(stream);
  }

  start({ head }: Exchange): void {
    this.served.push(head.targetText());
  }

  cancel(): void {}

  refused(_fault: Fault): void {}

  closed(connection: ServerConnection): void {
    this.callerCount -= 1;
    this.connections.delete(connection);
  }

  get app(): SampleStream {
    const stream = this.network.dialled.at(-1);
    if (stream === undefined) throw new Error("nothing was dialled");
    return stream;
  }

  expectGone(): void {
    expect([this.connections.size, this.callerCount]).toEqual([0, 0]);
    expect([this.stream.closed, this.app.closed]).toEqual([true, true]);
    this.timers.advance(CONNECT_TIMEOUT_MS * 2);
    expect(this.network.dialled).toHaveLength(1);
  }

  #enter(address: Address): this {
    expect(address).toEqual(OWN);
    this.callerCount += 1;
    return this;
  }
}

let scene: Scene;

beforeEach(() => {
  scene = new Scene().begin();
});

describe("while the application is being dialled", () => {
  it("is not read", () => {
    expect([scene.stream.paused, scene.callerCount]).toEqual([true, 0]);
    scene.network.connectNewest();
    expect([scene.stream.paused, scene.callerCount]).toEqual([false, 1]);
  });

  it("is reset when nothing listens, or nobody answers", () => {
    scene.app.close("refused");
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
    expect(scene.lines).toMatchObject([
      { fault: "app-unreachable", originalDestination: "10.0.0.5:8080" },
    ]);
    expect(scene.unreached).toEqual(["10.0.0.5:8080: refused"]);
    const other = new Scene().begin();
    other.timers.advance(CONNECT_TIMEOUT_MS + 10);
    expect(other.stream.wasReset).toBe(true);
    expect(other.unreached).toEqual(["10.0.0.5:8080: timeout"]);
    other.expectGone();
  });

  it("ends with its caller, and with the proxy", () => {
    scene.stream.close("reset");
    scene.expectGone();
    const other = new Scene().begin();
    other.connections.drain();
    expect(other.stream.wasReset).toBe(false);
    other.expectGone();
    const third = new Scene().begin();
    third.connections.abort();
    expect(third.stream.wasReset).toBe(true);
    third.expectGone();
  });
});

describe("with the application there", () => {
  beforeEach(() => {
    scene.network.connectNewest();
  });

  it("gives its connection away when requests come", () => {
    scene.stream.receive(GET);
    expect([scene.served, scene.adopted]).toEqual([["/"], [scene.app]]);
    expect([scene.callerCount, scene.connections.size]).toEqual([1, 1]);
    scene.stream.close("closed");
    expect([scene.callerCount, scene.connections.size]).toEqual([0, 0]);
    expect(scene.lines).toEqual([]);
  });

  it("waits for either side for as long as both keep silent", () => {
    scene.timers.advance(60_000);
    expect([scene.stream.closed, scene.app.closed]).toEqual([false, false]);
    scene.stream.receive(GET);
    expect(scene.served).toEqual(["/"]);
  });

  it("is a tunnel when the application speaks first, or ends at once", () => {
    scene.app.receive("220 here");
    expect(scene.stream.written).toBe("220 here");
    scene.stream.receive(GET);
    expect([scene.app.written, scene.served]).toEqual([GET, []]);
    const other = new Scene().begin();
    other.network.connectNewest().receiveEnd();
    expect(other.stream.finished).toBe(true);
  });

  it("is a tunnel when the application spoke while a request was being read", () => {
    scene.stream.receive("GET / HT");
    scene.app.receive("220 here");
    scene.stream.receive("TP/1.1\r\n");
    expect(scene.app.written).toBe("GET / HTTP/1.1\r\n");
  });

  it("is a tunnel for what is no request, with the name that a client asks for", () => {
    const hello = sampleHello(serverName("web.shop"));
    scene.stream.handler.onRead(hello, 0, hello.length);
    scene.stream.close("closed");
    scene.app.close("closed");
    expect(scene.lines).toMatchObject([
      { sni: "web.shop", reason: "closed", requestBytes: hello.length },
    ]);
    scene.expectGone();
  });

  it("is reset when the application is lost before anything was said", () => {
    scene.app.close("reset");
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });

  it("ends with its caller, and with the proxy", () => {
    scene.stream.close("closed");
    scene.expectGone();
    const other = new Scene().begin();
    other.network.connectNewest();
    other.connections.drain();
    expect(other.stream.wasReset).toBe(false);
    other.expectGone();
  });

  it("goes on as a tunnel while the proxy goes, and is cut when that must end", () => {
    scene.stream.receive("PING\r\n");
    scene.connections.drain();
    scene.app.receive("+PONG\r\n");
    expect(scene.stream.written).toBe("+PONG\r\n");
    scene.connections.abort();
    expect([scene.stream.wasReset, scene.app.wasReset]).toEqual([true, true]);
    scene.expectGone();
  });
});

it("is a tunnel at once where an object says so", () => {
  const hinted = new Scene();
  hinted.hint = "opaque";
  hinted.begin().network.connectNewest();
  hinted.stream.receive(GET);
  expect([hinted.app.written, hinted.served]).toEqual([GET, []]);
});
