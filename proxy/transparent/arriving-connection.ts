/**
 * A caller's connection that the kernel has redirected here on its way to an application of this
 * workload. The application is dialled first, so that a caller finds it exactly as it would
 * without a proxy: refused is refused, and whoever speaks first there speaks first here.
 *
 *   DIALLING   the caller is not read; the application is being connected -> DETECTING, OVER
 *   DETECTING  both are there, and nothing that decides was said          -> TUNNEL, OVER
 *   TUNNEL     bytes flow as they are                                     -> OVER
 *   OVER       ended, or given to a connection that makes requests
 */
import { type Address, formatAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import type { Fault } from "../../base/fault.ts";
import type { PortRange } from "../../base/port-ranges.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import type { ClientHello } from "../../wire/tls/client-hello.ts";
import {
  type ExchangeService,
  ServerConnection,
  type ServerConnectionDeps,
} from "../connection/server-connection.ts";
import type { TcpRoute } from "../connection/tcp-route.ts";
import { TcpTunnel, type TcpTunnelDeps, type TcpTunnelListener } from "../connection/tcp-tunnel.ts";
import {
  type DetectedProtocol,
  Detection,
  type DetectionDeps,
  type DetectionOwner,
} from "../detect/detection.ts";
import { portHint } from "../detect/opaque-ports.ts";
import type { OpenConnection, OpenConnections } from "../lifecycle/open-connections.ts";
import type { Stream, StreamHandler } from "../net/stream.ts";
import type { UnreachedApps } from "./unreached-apps.ts";

const DIALLING = 0;
const DETECTING = 1;
const TUNNEL = 2;
const OVER = 3;

/** Where an application listens. */
export interface ArrivalPort extends ExchangeService {
  /** Connections of callers, whatever is spoken on them. */
  callerCount: number;
  /** What the objects say that is spoken here. */
  protocol(nowMs: number): PortProtocol;
  /** A caller has turned out to make requests, and `stream` is its way to the application. */
  adopt(stream: Stream, nowMs: number): void;
}

export interface ArrivalPorts {
  /** The port, for one more caller, who is counted here and leaves by itself. */
  enter(address: Address): ArrivalPort;
}

export interface ArrivingConnectionDeps {
  readonly clock: Clock;
  readonly connections: OpenConnections;
  readonly ports: ArrivalPorts;
  readonly detection: DetectionDeps;
  readonly tunnel: TcpTunnelDeps;
  readonly server: ServerConnectionDeps;
  readonly opaquePorts: readonly PortRange[];
  readonly unreached: Pick<UnreachedApps, "failed" | "reached">;
  /** To the application that listens at that address. */
  routeTo(meant: Address): TcpRoute;
}

export class ArrivingConnection
  implements DetectionOwner, TcpTunnelListener, OpenConnection, StreamHandler
{
  readonly #stream: Stream;
  readonly #meant: Address;
  readonly #deps: ArrivingConnectionDeps;
  readonly #tunnel: TcpTunnel;
  #state = DIALLING;
  #port: ArrivalPort | null = null;
  #detection: Detection | null = null;

  constructor(stream: Stream, meant: Address, deps: ArrivingConnectionDeps) {
    this.#stream = stream;
    this.#meant = meant;
    this.#deps = deps;
    this.#tunnel = new TcpTunnel(deps.routeTo(meant), deps.tunnel, this);
    this.#tunnel.originalDestination = formatAddress(meant);
  }

  begin(): void {
    const stream = this.#stream;
    this.#deps.connections.add(this);
    stream.handler = this;
    stream.pause();
    this.#tunnel.dial();
  }

  // The application's side.

  connected(): void {
    const { clock, detection: deps, opaquePorts, ports, unreached } = this.#deps;
    unreached.reached(this.#meant);
    const port = ports.enter(this.#meant);
    this.#port = port;
    this.#state = DETECTING;
    const detection = new Detection(this.#stream, deps, this);
    this.#detection = detection;
    this.#stream.resume();
    const hint = portHint(port.protocol(clock.nowMs()), this.#meant.port, opaquePorts);
    detection.begin(hint, formatAddress(this.#meant));
  }

  serverSpoke(): void {
    this.#detection?.serverSpoke();
  }

  /** Before a caller had joined the tunnel; one that has is reset by it. */
  failed({ code, detail }: Fault): void {
    if (code === "app-unreachable") this.#deps.unreached.failed(this.#meant, detail);
    this.#detection?.stop();
    if (this.#state !== TUNNEL) this.#stream.reset();
    this.#end();
  }

  ended(): void {
    this.#end();
  }

  // DetectionOwner.

  /** The application is connected already, and may speak whenever it likes. */
  silent(): void {}

  detected(protocol: DetectedProtocol, hello: ClientHello | null): void {
    const stream = protocol === "http1" ? this.#tunnel.takeStream() : null;
    const port = this.#port;
    if (stream !== null && port !== null) this.#serve(stream, port);
    else this.#join(hello);
  }

  detectionEnded(): void {
    this.#tunnel.abandon();
    this.#end();
  }

  // OpenConnection.

  endAfterAnswer(): void {}

  /** Whoever has not said anything yet is told that nobody is here any more. */
  drain(): void {
    if (this.#state >= TUNNEL) return;
    this.#detection?.stop();
    this.#tunnel.abandon();
    this.#stream.destroy();
    this.#end();
  }

  abort(): void {
    if (this.#state === OVER) return;
    this.#detection?.stop();
    if (this.#state === TUNNEL) this.#tunnel.stop();
    else this.#tunnel.abandon();
    this.#stream.reset();
    this.#end();
  }

  // The caller's stream, while the application is dialled. It is paused before anything can come.

  onConnected(): void {}

  onRead(): void {}

  onReadEnd(): void {}

  onWritable(): void {}

  onClosed(): void {
    this.#tunnel.abandon();
    this.#end();
  }

  #serve(stream: Stream, port: ArrivalPort): void {
    const { clock, connections, server } = this.#deps;
    // It is the port's from here on, which is left when its connection closes.
    this.#port = null;
    this.#end();
    port.adopt(stream, clock.nowMs());
    const connection = new ServerConnection(this.#stream, port, server);
    connections.add(connection);
    this.#detection?.handOver(connection);
  }

  #join(hello: ClientHello | null): void {
    this.#state = TUNNEL;
    this.#tunnel.sni = hello?.serverName ?? "";
    this.#detection?.handOver(this.#tunnel.join(this.#stream));
  }

  #end(): void {
    if (this.#state === OVER) return;
    this.#state = OVER;
    if (this.#port !== null) this.#port.callerCount -= 1;
    this.#deps.connections.delete(this);
  }
}
