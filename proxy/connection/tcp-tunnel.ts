/**
 * One TCP connection of a client, carried as it is: an endpoint is chosen and connected, and from
 * then on bytes flow both ways. Client and endpoint may come in either order, because who speaks
 * first decides what is spoken, and with it who is joined to whom.
 *
 *   IDLE       nothing was dialled yet                     -> DIALLING, OVER
 *   DIALLING   an endpoint is being connected              -> CONNECTED, FLOWING, OVER
 *   CONNECTED  the endpoint is there, the client is not    -> FLOWING, OVER
 *   FLOWING    both are there                              -> OVER
 *   OVER       ended, failed, abandoned, or given away
 *
 * Endpoints that cannot be reached have seen nothing of the client, so another is tried, within
 * the route's bounds. Once one is connected nothing is ever tried again.
 */
import { formatAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { type TimerOwner, type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { type Direction, INBOUND } from "../exchange/exchange.ts";
import type { CloseReason, Network, Stream, StreamHandler } from "../net/stream.ts";
import type { TcpEnd, TcpRecord } from "../telemetry/tcp-recorder.ts";
import { appFault, connectFault } from "./connect-fault.ts";
import { type SpliceOwner, SpliceSide } from "./splice.ts";
import type { EndpointChoice, TcpRoute } from "./tcp-route.ts";

const IDLE = 0;
const DIALLING = 1;
const CONNECTED = 2;
const FLOWING = 3;
const OVER = 4;

/** So often within the idle timeout it is looked at; it ends up to one part late. */
const IDLE_CHECKS = 4;

export interface TcpTunnelDeps {
  readonly network: Network;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly timing: { readonly connectTimeoutMs: number };
}

/**
 * Who holds a tunnel. Of `failed` and `ended` one comes, once, and nothing after it; neither comes
 * after `abandon` and `takeStream`.
 */
export interface TcpTunnelListener {
  /** An endpoint took the connection. */
  connected(): void;
  /** The endpoint spoke, or ended its side, before a client had joined. */
  serverSpoke(): void;
  /**
   * No endpoint could be reached, or the one that was is lost again before a client had joined, or
   * was idle for too long. A client that has joined is reset. May come from within `dial`.
   */
  failed(fault: Fault): void;
  /** Both sides are closed. */
  ended(end: TcpEnd): void;
}

export class TcpTunnel implements SpliceOwner, TimerOwner, TcpRecord {
  readonly service: ServiceKey;
  readonly route: string;
  readonly startedMs: number;
  /** For the log, set by whoever knows them. */
  originalDestination = "";
  sni = "";
  client = "";
  endpoint = "";
  end: TcpEnd = "closed";
  fault: Fault | null = null;
  attempts = 0;
  requestBytes = 0;
  answerBytes = 0;
  connectedMs = 0;
  endedMs = 0;
  readonly #route: TcpRoute;
  readonly #deps: TcpTunnelDeps;
  readonly #listener: TcpTunnelListener;
  readonly #choice: EndpointChoice;
  readonly #timer = new WheelTimer(this);
  #state = IDLE;
  #source: SpliceSide | null = null;
  #target: SpliceSide | null = null;
  #dialled: Endpoint | null = null;
  #dialledMs = 0;
  #openCount = 2;
  /** Checks in a row at which nothing had moved. */
  #idleCount = 0;
  #hasMoved = false;

  constructor(route: TcpRoute, deps: TcpTunnelDeps, listener: TcpTunnelListener) {
    this.#route = route;
    this.#deps = deps;
    this.#listener = listener;
    this.service = route.service;
    this.route = route.route;
    this.startedMs = deps.clock.nowMs();
    this.#choice = route.choose(this.startedMs);
  }

  get direction(): Direction {
    return this.#route.recorder.direction;
  }

  get backend(): ServiceKey | "" {
    return this.#choice.backend;
  }

  get isOver(): boolean {
    return this.#state === OVER;
  }

  /** Connects to an endpoint, the first time that it is called. */
  dial(): void {
    if (this.#state !== IDLE) return;
    this.#state = DIALLING;
    this.#try(this.#deps.clock.nowMs());
  }

  /**
   * From now on bytes flow between this client and the endpoint, which is dialled unless it was.
   * What was read of the client before, and its end if that came, must be given to the handler
   * that is returned; it is the stream's own from now on.
   */
  join(client: Stream): StreamHandler {
    const side = new SpliceSide(this);
    side.attach(client);
    client.handler = side;
    if (this.#state === OVER || this.#source !== null) {
      client.reset();
      return side;
    }
    this.#source = side;
    this.client = formatAddress({ host: client.remoteAddress, port: client.remotePort });
    this.#route.recorder.clientOpened();
    if (client.closed) side.onClosed("reset");
    else if (this.#state === CONNECTED) this.#flow();
    else this.dial();
    return side;
  }

  /** Nobody needs it any more. No client may have joined. */
  abandon(): void {
    if (this.#state === OVER) return;
    this.#leave();
    this.#target?.stream?.destroy();
  }

  /**
   * Gives the endpoint's stream away: its handler is the taker's to set, at once. Null when there
   * is none, or when the endpoint has spoken already, or a client has joined.
   */
  takeStream(): Stream | null {
    const target = this.#target;
    if (this.#state !== CONNECTED || target === null || target.holds) return null;
    this.#leave();
    return target.stream;
  }

  /** Cuts both sides, because the proxy stops. */
  stop(): void {
    this.#cut("stopped");
  }

  // SpliceOwner.

  sideConnected(side: SpliceSide): void {
    if (side !== this.#target || this.#state !== DIALLING) return;
    const nowMs = this.#deps.clock.nowMs();
    this.#deps.wheel.cancel(this.#timer);
    this.#choice.connected(nowMs, nowMs - this.#dialledMs);
    this.connectedMs = nowMs;
    this.#state = CONNECTED;
    if (this.#source !== null) this.#flow();
    else this.#watchIdle();
    this.#listener.connected();
  }

  sideHolds(side: SpliceSide): void {
    if (side === this.#target && this.#state === CONNECTED) this.#listener.serverSpoke();
  }

  sideMoved(side: SpliceSide, count: number): void {
    this.#hasMoved = true;
    if (side === this.#source) {
      this.requestBytes += count;
      this.#route.recorder.forward(count);
    } else {
      this.answerBytes += count;
      this.#route.recorder.back(count);
    }
  }

  sideWrote(): void {
    this.#hasMoved = true;
  }

  sideClosed(side: SpliceSide, reason: CloseReason): void {
    if (this.#state === OVER) return;
    if (this.#state === FLOWING) this.#halfClosed(side, reason);
    else if (side === this.#source) this.#clientGone();
    else if (side !== this.#target) return;
    else if (this.#state === DIALLING) this.#connectFailed(reason);
    else this.#lost(reason);
  }

  onTimer(): void {
    if (this.#state === DIALLING) {
      const late = this.#target?.stream;
      this.#connectFailed("timeout");
      late?.destroy();
      return;
    }
    if (this.#hasMoved) this.#idleCount = 0;
    else this.#idleCount += 1;
    this.#hasMoved = false;
    if (this.#idleCount < IDLE_CHECKS) this.#watchIdle();
    else if (this.#state === CONNECTED) this.#giveUp();
    else this.#cut("idle-timeout");
  }

  #try(nowMs: number): void {
    const endpoint = this.#choice.next(nowMs);
    if (endpoint === null) {
      this.#fail(this.#choice.problem);
      return;
    }
    const { network, wheel, timing } = this.#deps;
    this.attempts += 1;
    this.endpoint = endpoint.id;
    this.#dialled = endpoint;
    this.#dialledMs = nowMs;
    const side = new SpliceSide(this);
    this.#target = side;
    side.attach(network.dial(endpoint.address, endpoint.port, side));
    wheel.scheduleFrom(this.#timer, nowMs, timing.connectTimeoutMs);
  }

  #connectFailed(reason: CloseReason): void {
    const dialled = this.#dialled;
    if (dialled === null) return;
    const nowMs = this.#deps.clock.nowMs();
    this.#deps.wheel.cancel(this.#timer);
    this.#target = null;
    const fault = connectFault(dialled, reason);
    const told = this.direction === INBOUND ? appFault(fault) : fault;
    this.#choice.failed(nowMs, nowMs - this.#dialledMs, told);
    this.#try(nowMs);
  }

  #flow(): void {
    const source = this.#source;
    const target = this.#target;
    const from = source?.stream ?? null;
    const to = target?.stream ?? null;
    if (source === null || target === null || from === null || to === null) return;
    this.#state = FLOWING;
    this.#route.recorder.endpointOpened();
    this.#idleCount = 0;
    this.#watchIdle();
    source.joinTo(to);
    target.joinTo(from);
  }

  #watchIdle(): void {
    const { idleTimeoutMs } = this.#route;
    if (idleTimeoutMs > 0) this.#deps.wheel.schedule(this.#timer, idleTimeoutMs / IDLE_CHECKS);
  }

  #halfClosed(side: SpliceSide, reason: CloseReason): void {
    if (reason !== "closed" && this.end === "closed") {
      this.end = side === this.#source ? "client-reset" : "endpoint-reset";
    }
    this.#openCount -= 1;
    if (this.#openCount === 0) this.#over(true);
  }

  /** Before it was joined to anybody. */
  #clientGone(): void {
    this.end = "client-reset";
    this.#target?.stream?.destroy();
    this.#over(false);
  }

  /** Neither side has said a word, so that nobody was joined. */
  #giveUp(): void {
    const target = this.#target?.stream;
    this.#fail(new Fault("connection-lost", `${this.endpoint}: silence`), "idle-timeout");
    target?.reset();
  }

  /** The endpoint is gone again, and nobody had asked it anything. */
  #lost(reason: CloseReason): void {
    this.#fail(new Fault("connection-lost", `${this.endpoint}: ${reason}`));
  }

  #fail(fault: Fault, end: TcpEnd = "connect-failed"): void {
    this.fault = fault;
    this.end = end;
    const client = this.#source?.stream;
    this.#record(false);
    this.#leave();
    client?.reset();
    this.#listener.failed(fault);
  }

  #cut(end: TcpEnd): void {
    if (this.#state === OVER) return;
    this.end = end;
    const wasFlowing = this.#state === FLOWING;
    const client = this.#source?.stream;
    const target = this.#target?.stream;
    this.#over(wasFlowing);
    client?.reset();
    target?.reset();
  }

  #over(hadEndpoint: boolean): void {
    this.#record(hadEndpoint);
    this.#leave();
    this.#listener.ended(this.end);
  }

  #record(hadEndpoint: boolean): void {
    this.endedMs = this.#deps.clock.nowMs();
    this.#route.recorder.ended(this, this.#source !== null, hadEndpoint);
  }

  /** Nothing that comes from either side counts any more. */
  #leave(): void {
    this.#state = OVER;
    this.#deps.wheel.cancel(this.#timer);
    this.#choice.release();
  }
}
