/**
 * A connection that the kernel redirected here, until it is known what it means and what is spoken
 * on it: then its requests go to the service behind the address, or its bytes go through a tunnel.
 *
 *   RESOLVING  what stands at its address is being asked   -> DETECTING, WAITING, OVER
 *   DETECTING  who speaks first, and what                  -> WAITING, TUNNEL, OVER
 *   WAITING    it is opaque; its destination is awaited    -> TUNNEL, OVER
 *   TUNNEL     bytes go both ways                          -> OVER
 *   OVER       it ended, or is served as HTTP by another
 */
import { type Address, formatAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import type { Fault } from "../../base/fault.ts";
import { type TimerOwner, type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
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
import { type HelloListener, watchHello } from "../detect/passing-hello.ts";
import type { OpenConnection, OpenConnections } from "../lifecycle/open-connections.ts";
import type { CloseReason, Stream, StreamHandler } from "../net/stream.ts";
import type { AddressSlot, AddressTable, AddressWaiter } from "../outbound/address-table.ts";
import {
  type DestinationSlot,
  type DestinationWaiter,
  WAITING_MAX,
} from "../outbound/destination-table.ts";
import { FIRST_CONFIG_MS } from "../outbound/outbound.ts";
import type { RedirectRecorder } from "../telemetry/redirect-metrics.ts";

const RESOLVING = 0;
const DETECTING = 1;
const WAITING = 2;
const TUNNEL = 3;
const OVER = 4;

/** What serves connections to an address that the mesh knows. */
export interface BoundService extends ExchangeService {
  /** The destination that decides; null where the caller has chosen an endpoint by itself. */
  slot(nowMs: number): DestinationSlot | null;
  /** The way to the address itself, whatever the mesh makes of it. */
  straightOn(nowMs: number): { readonly tcp: TcpRoute };
}

/** What stands at an address, for one connection to it. */
export interface Meaning {
  /** Null: what the mesh does not know is carried as it is. */
  readonly exchanges: BoundService | null;
  readonly hint: PortProtocol;
}

export interface RedirectedConnectionDeps {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly addresses: AddressTable;
  readonly connections: OpenConnections;
  readonly detection: DetectionDeps;
  readonly tunnel: TcpTunnelDeps;
  /** The same for what the mesh does not know, where others are waited for longer. */
  readonly outsideTunnel: TcpTunnelDeps;
  readonly server: ServerConnectionDeps;
  readonly recorder: RedirectRecorder;
  meaningOf(slot: AddressSlot, meant: Address): Meaning;
  /** To an address that the mesh does not know. */
  straightOn(meant: Address): TcpRoute;
}

export class RedirectedConnection
  implements
    AddressWaiter,
    DestinationWaiter,
    DetectionOwner,
    HelloListener,
    TcpTunnelListener,
    OpenConnection,
    StreamHandler,
    TimerOwner
{
  readonly #stream: Stream;
  readonly #meant: Address;
  readonly #deps: RedirectedConnectionDeps;
  readonly #timer = new WheelTimer(this);
  #state = RESOLVING;
  #address: AddressSlot | null = null;
  #exchanges: BoundService | null = null;
  #detection: Detection | null = null;
  #tunnel: TcpTunnel | null = null;
  /** Its word is waited for, so that a tunnel can be made. */
  #awaited: DestinationSlot | null = null;
  /** The client keeps silent, so the endpoint is dialled as soon as there is one. */
  #dials = false;
  #sni = "";

  constructor(stream: Stream, meant: Address, deps: RedirectedConnectionDeps) {
    this.#stream = stream;
    this.#meant = meant;
    this.#deps = deps;
  }

  begin(): void {
    const { addresses, clock, connections } = this.#deps;
    const nowMs = clock.nowMs();
    connections.add(this);
    this.#stream.handler = this;
    const slot = addresses.slot(this.#meant, nowMs);
    if (addresses.wait(slot, this, nowMs)) {
      this.#address = slot;
      this.#stream.pause();
    } else this.#resolved(slot);
  }

  addressDecided(slot: AddressSlot): void {
    this.#address = null;
    this.#stream.resume();
    this.#resolved(slot);
  }

  // DetectionOwner.

  silent(): void {
    this.#dials = true;
    this.#dial();
  }

  detected(protocol: DetectedProtocol, hello: ClientHello | null): void {
    this.#sni = hello?.serverName ?? "";
    if (protocol === "http1" && this.#exchanges !== null) {
      this.#serve(this.#exchanges);
      return;
    }
    this.#state = WAITING;
    if (this.#tunnel === null) this.#openTunnel();
    else this.#join(this.#tunnel);
  }

  detectionEnded(): void {
    this.#tunnel?.abandon();
    this.#end();
  }

  helloPassed({ serverName }: ClientHello): void {
    if (this.#tunnel !== null) this.#tunnel.sni = serverName ?? "";
  }

  // The tunnel's side.

  connected(): void {}

  serverSpoke(): void {
    this.#detection?.serverSpoke();
  }

  failed(_fault: Fault): void {
    this.#detection?.stop();
    if (this.#state !== TUNNEL) this.#stream.reset();
    this.#end();
  }

  ended(): void {
    this.#end();
  }

  destinationDecided(slot: DestinationSlot): void {
    this.#awaited = null;
    this.#deps.wheel.cancel(this.#timer);
    if (slot.state === "invalid") this.abort();
    else if (slot.stack !== null) this.#startTunnel(slot.stack.tcp);
    else {
      if (slot.state === "pending") this.#deps.recorder.countUnmanaged("destination");
      this.#goStraightOn();
    }
  }

  /** The destination was waited for long enough. */
  onTimer(): void {
    this.#awaited?.waiting.delete(this);
    this.#awaited = null;
    this.#deps.recorder.countUnmanaged("destination");
    this.#goStraightOn();
  }

  // OpenConnection.

  endAfterAnswer(): void {}

  drain(): void {
    if (this.#state < WAITING) this.abort();
  }

  abort(): void {
    if (this.#state === OVER) return;
    this.#detection?.stop();
    const tunnel = this.#tunnel;
    if (this.#state === TUNNEL) tunnel?.stop();
    else tunnel?.abandon();
    this.#stream.reset();
    this.#end();
  }

  // The stream, while the address is being asked about. It is paused before anything can come.

  onConnected(): void {}

  onRead(): void {}

  onReadEnd(): void {}

  onWritable(): void {}

  onClosed(_reason: CloseReason): void {
    this.#end();
  }

  #resolved(slot: AddressSlot): void {
    const { recorder, detection: deps } = this.#deps;
    recorder.count(slot.state === "pending" ? "unmanaged" : slot.state);
    if (slot.state === "pending") recorder.countUnmanaged("address");
    const { exchanges, hint } = this.#deps.meaningOf(slot, this.#meant);
    if (exchanges === null) {
      // The address is all that there is to know: nobody is waited for, and no byte is held.
      this.#state = WAITING;
      this.#openTunnel();
      return;
    }
    this.#exchanges = exchanges;
    this.#state = DETECTING;
    // Asked for now, so that it is here when it is known what is spoken.
    exchanges.slot(this.#deps.clock.nowMs());
    const detection = new Detection(this.#stream, deps, this);
    this.#detection = detection;
    detection.begin(hint, formatAddress(this.#meant));
  }

  #serve(exchanges: BoundService): void {
    const { connections, server } = this.#deps;
    const detection = this.#detection;
    this.#tunnel?.abandon();
    this.#end();
    const connection = new ServerConnection(this.#stream, exchanges, server);
    connections.add(connection);
    detection?.handOver(connection);
  }

  #dial(): void {
    if (this.#tunnel === null) this.#openTunnel();
    else this.#tunnel.dial();
  }

  #openTunnel(): void {
    if (this.#awaited !== null) return;
    const { clock, wheel } = this.#deps;
    const slot = this.#exchanges?.slot(clock.nowMs()) ?? null;
    if (slot === null) this.#goStraightOn();
    else if (slot.state !== "pending" || slot.waiting.size >= WAITING_MAX) {
      this.destinationDecided(slot);
    } else {
      this.#awaited = slot;
      slot.waiting.add(this);
      wheel.schedule(this.#timer, FIRST_CONFIG_MS);
    }
  }

  /** To the very address that was meant. */
  #goStraightOn(): void {
    const { clock, straightOn } = this.#deps;
    const tcp = this.#exchanges?.straightOn(clock.nowMs()).tcp ?? null;
    this.#startTunnel(tcp ?? straightOn(this.#meant));
  }

  #startTunnel(route: TcpRoute): void {
    const { outsideTunnel, tunnel: meshTunnel } = this.#deps;
    const deps = this.#exchanges === null ? outsideTunnel : meshTunnel;
    const tunnel = new TcpTunnel(route, deps, this);
    this.#tunnel = tunnel;
    tunnel.originalDestination = formatAddress(this.#meant);
    if (this.#state === WAITING) this.#join(tunnel);
    else if (this.#dials) tunnel.dial();
  }

  #join(tunnel: TcpTunnel): void {
    this.#state = TUNNEL;
    tunnel.sni = this.#sni;
    const handler = tunnel.join(this.#stream);
    if (this.#detection === null) watchHello(this.#stream, this);
    else this.#detection.handOver(handler);
  }

  #end(): void {
    if (this.#state === OVER) return;
    this.#state = OVER;
    const { addresses, connections, wheel } = this.#deps;
    if (this.#address !== null) addresses.leave(this.#address, this);
    this.#awaited?.waiting.delete(this);
    wheel.cancel(this.#timer);
    connections.delete(this);
  }
}
