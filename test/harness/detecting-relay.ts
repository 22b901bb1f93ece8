/**
 * The smallest owner that detection can have: real sockets, one server behind all connections, and
 * every protocol carried as it is. Time moves by hand only, so that what a test sees without
 * moving it took no wait at all.
 */
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import {
  TcpTunnel,
  type TcpTunnelDeps,
  type TcpTunnelListener,
} from "../../proxy/connection/tcp-tunnel.ts";
import {
  DEFAULT_DETECTION_TIMING,
  type DetectedProtocol,
  Detection,
  type DetectionDeps,
  type DetectionOwner,
} from "../../proxy/detect/detection.ts";
import { ServerFirstMemory } from "../../proxy/detect/server-first-memory.ts";
import { OUTBOUND } from "../../proxy/exchange/exchange.ts";
import { createNodeNetwork } from "../../proxy/net/node-network.ts";
import type { Listener, Network, Stream } from "../../proxy/net/stream.ts";
import { FixedTcpRoute } from "../../proxy/outbound/fixed-tcp-route.ts";
import { DetectMetrics } from "../../proxy/telemetry/detect-metrics.ts";
import { FaultRecorder } from "../../proxy/telemetry/fault-recorder.ts";
import { TcpMetrics } from "../../proxy/telemetry/tcp-recorder.ts";
import type { ClientHello } from "../../wire/tls/client-hello.ts";
import { until } from "./until.ts";

const SERVICE = formatServiceKey({ scheme: "svc", namespace: "shop", name: "db", port: 1 });

export class DetectingRelay {
  readonly timers = new ManualTimers();
  readonly metrics = new Metrics({ clock: this.timers.clock });
  /** In the order in which they were accepted. */
  readonly connections: RelayedConnection[] = [];
  readonly #network: Network = createNodeNetwork();
  readonly #wheel = new TimerWheel({ clock: this.timers.clock, timers: this.timers });
  readonly #detection: DetectionDeps = {
    wheel: this.#wheel,
    timing: DEFAULT_DETECTION_TIMING,
    targetBytesMax: 16_384,
    serverFirst: new ServerFirstMemory(this.timers.clock),
    recorder: new DetectMetrics(this.metrics).open(OUTBOUND),
  };
  readonly #tcp = new TcpMetrics(this.metrics, {
    clock: this.timers.clock,
    faults: new FaultRecorder(this.metrics, silentLog),
    accessLog: null,
  }).open(OUTBOUND, SERVICE);
  #listener: Listener | null = null;

  static async start(serverPort: number, hint: PortProtocol = "detect"): Promise<DetectingRelay> {
    const relay = new DetectingRelay();
    relay.#listener = await relay.#network.listen({
      host: "127.0.0.1",
      port: 0,
      backlog: 64,
      refusesOwn: true,
      accept: (stream) => relay.#accept(stream, serverPort, hint),
    });
    return relay;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** The next connection that comes, once it is here: time may move for it then. */
  async accepted(count: number): Promise<RelayedConnection> {
    await until(`${count} connections are accepted`, () => this.connections.length >= count);
    const connection = this.connections[count - 1];
    if (connection === undefined) throw new Error("it was accepted a moment ago");
    return connection;
  }

  stop(): void {
    this.#listener?.close();
    for (const connection of this.connections) connection.cut();
  }

  #accept(stream: Stream, serverPort: number, hint: PortProtocol): void {
    const { clock } = this.timers;
    const options = { service: SERVICE, idleTimeoutMs: 0, recorder: this.#tcp };
    const route = new FixedTcpRoute("127.0.0.1", serverPort, options);
    const timing = { connectTimeoutMs: 1_000 };
    const deps = { network: this.#network, clock, wheel: this.#wheel, timing };
    const connection = new RelayedConnection(stream, route, deps, this.#detection);
    this.connections.push(connection);
    connection.detection.begin(hint, `127.0.0.1:${serverPort}`);
  }
}

export class RelayedConnection implements DetectionOwner, TcpTunnelListener {
  readonly detection: Detection;
  protocol: DetectedProtocol | null = null;
  hello: ClientHello | null = null;
  readonly #stream: Stream;
  readonly #tunnel: TcpTunnel;

  constructor(stream: Stream, route: FixedTcpRoute, deps: TcpTunnelDeps, detection: DetectionDeps) {
    this.#stream = stream;
    this.#tunnel = new TcpTunnel(route, deps, this);
    this.detection = new Detection(stream, detection, this);
  }

  cut(): void {
    this.#stream.destroy();
  }

  silent(): void {
    this.#tunnel.dial();
  }

  detected(protocol: DetectedProtocol, hello: ClientHello | null): void {
    this.protocol = protocol;
    this.hello = hello;
    this.detection.handOver(this.#tunnel.join(this.#stream));
  }

  detectionEnded(): void {
    this.#tunnel.abandon();
  }

  connected(): void {}

  serverSpoke(): void {
    this.detection.serverSpoke();
  }

  failed(): void {
    this.#stream.reset();
  }

  ended(): void {}
}
