/**
 * One HTTP/1 connection to an endpoint: the codec on one side, the stream on the other, and at
 * most one exchange in its slot.
 *
 *   OPENING  dialled, the exchange waits                -> BUSY, TUNNEL, CLOSED
 *   IDLE     in the pool                                -> BUSY, CLOSED
 *   BUSY     an exchange is under way                   -> IDLE, TUNNEL, DRAINING, CLOSED
 *   DRAINING an answer that nobody wants is read away   -> IDLE, CLOSED
 *   TUNNEL   101 or CONNECT: bytes go through untouched -> CLOSED
 *   CLOSED   nothing happens any more
 */
import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import {
  DECODER_DONE,
  DECODER_TUNNEL,
  type DecoderSink,
  ResponseDecoder,
} from "../../wire/http1/decoder.ts";
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, type Head } from "../../wire/http1/head.ts";
import type { Http1Error } from "../../wire/http1/http1-error.ts";
import type { Http1Limits } from "../../wire/http1/limits.ts";
import { METHOD_CONNECT } from "../../wire/http1/method.ts";
import type { Exchange, Upstream } from "../exchange/exchange.ts";
import type { KeptAnswer } from "../exchange/kept-answer.ts";
import { CONNECT_ESTABLISHED } from "../exchange/own-head.ts";
import type { Layer } from "../layers/layer.ts";
import type { CloseReason, Network, Stream, StreamHandler } from "../net/stream.ts";
import { writeChunk, writeLastChunk } from "./chunk.ts";
import { connectFault } from "./connect-fault.ts";
import { forwardRequestHead } from "./forward-head.ts";

const OPENING = 0;
const IDLE = 1;
const BUSY = 2;
const TUNNEL = 3;
const CLOSED = 4;
const DRAINING = 5;

/** An unwanted answer that is longer, or takes longer, costs more than a new connection. */
export const DRAINED_BYTES_MAX = 65_536;
const DRAIN_MS_MAX = 1_000;

/**
 * Nothing was sent, and nothing is to be: the endpoint was evicted, or is gone from discovery, when
 * its turn came. Whoever chose the endpoint chooses another one.
 */
export const WITHDRAWN = new Fault("connect-failed", "the endpoint was given up in the meantime");

/** The pool that a connection belongs to. */
export interface ConnectionOwner {
  readonly target: { readonly address: string; readonly port: number };
  /** Whether the exchange is to go there still, now that there is a connection. */
  admits(exchange: Exchange): boolean;
  /** It is free again. */
  release(connection: ClientConnection): void;
  /** It is gone, whatever it was doing. */
  closed(connection: ClientConnection): void;
}

export interface ClientConnectionDeps {
  readonly network: Network;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly limits: Http1Limits;
  readonly timing: ClientTiming;
}

export interface ClientTiming {
  readonly connectTimeoutMs: number;
  /** How long a free connection is kept. */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_CLIENT_TIMING: ClientTiming = {
  connectTimeoutMs: 1_000,
  idleTimeoutMs: 30_000,
};

/** A server's `Keep-Alive: timeout` is taken with this margin, so that we close before it does. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

export class ClientConnection implements StreamHandler, DecoderSink, Upstream {
  /** Where events of the exchange go. */
  layer: Layer;
  readonly #owner: ConnectionOwner;
  readonly #deps: ClientConnectionDeps;
  readonly #decoder: ResponseDecoder;
  readonly #timer: WheelTimer = new WheelTimer(this);
  #stream: Stream | null = null;
  #state = OPENING;
  #exchange: Exchange | null = null;
  #served = 0;
  #idleSinceMs = 0;
  #idleLimitMs: number;
  #keepAlive = false;
  /** The request's body is chunked, and its last chunk has not been written. */
  #chunkedRequest = false;
  #paused = false;
  #drainedBytes = 0;
  #drainedTo: KeptAnswer | null = null;

  constructor(owner: ConnectionOwner, deps: ClientConnectionDeps, layer: Layer) {
    this.#owner = owner;
    this.#deps = deps;
    this.layer = layer;
    this.#idleLimitMs = deps.timing.idleTimeoutMs;
    this.#decoder = new ResponseDecoder(this, deps.limits);
  }

  /** Dials, and sends the exchange once connected. */
  open(exchange: Exchange): void {
    const { network, wheel, timing } = this.#deps;
    const { target } = this.#owner;
    this.#exchange = exchange;
    exchange.upstream = this;
    wheel.schedule(this.#timer, timing.connectTimeoutMs);
    this.#stream = network.dial(target.address, target.port, this);
  }

  /** Takes over what somebody else has connected, and on which nothing was said yet. */
  adopt(stream: Stream): void {
    this.#stream = stream;
    stream.handler = this;
    this.#backToPool(this.#deps.clock.nowMs());
  }

  isUsable(nowMs: number): boolean {
    return this.#state === IDLE && nowMs - this.#idleSinceMs < this.#idleLimitMs;
  }

  /** Takes the exchange into the slot and writes its head. */
  send(exchange: Exchange, layer: Layer): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.layer = layer;
    this.#exchange = exchange;
    exchange.upstream = this;
    exchange.reused = this.#served > 0;
    this.#served += 1;
    const { head } = exchange;
    if (head.methodCode === METHOD_CONNECT) {
      this.#connectTunnel(exchange, stream);
      return;
    }
    this.#state = BUSY;
    exchange.sent = true;
    this.#keepAlive = false;
    this.#decoder.expect(head.methodCode, head.upgrade);
    forwardRequestHead(stream.writer(), exchange, this.#deps.clock);
    if (head.bodyKind === BODY_NONE) return;
    this.#chunkedRequest = head.bodyKind === BODY_CHUNKED;
    const more = exchange.flushBodyTo(this);
    if (exchange.requestEnded) this.end();
    // Also after a whole request: a caller that goes away is only seen while it is read from.
    if (more) exchange.downstream.resume();
  }

  /** Closes a connection that no exchange needs. */
  close(): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#deps.wheel.cancel(this.#timer);
    this.#decoder.stop();
    this.#stream?.destroy();
    this.#owner.closed(this);
  }

  // Upstream: the request's body, from the caller's side.

  body(bytes: Uint8Array, start: number, end: number): boolean {
    const exchange = this.#exchange;
    const stream = this.#stream;
    if (exchange === null || stream === null) return true;
    if (this.#state === OPENING) {
      exchange.held.add(bytes, start, end);
      return false;
    }
    exchange.bodySentBytes += end - start;
    return this.#chunkedRequest
      ? writeChunk(stream, bytes, start, end)
      : stream.write(bytes, start, end);
  }

  trailers(trailers: Head): void {
    if (this.#state === OPENING) this.#exchange?.held.addTrailers(trailers);
    else this.#endChunks(trailers);
  }

  end(): void {
    if (this.#state === BUSY) this.#endChunks(this.#exchange?.takeTrailers() ?? null);
  }

  cancel(_exchange: Exchange): void {
    this.#exchange = null;
    this.close();
  }

  discard(exchange: Exchange): void {
    this.#exchange = null;
    const { bodyKind, contentLength } = this.#decoder.head;
    const short = bodyKind !== BODY_LENGTH || contentLength <= DRAINED_BYTES_MAX;
    // Without the rest of the request, which will never come, the connection is of no use.
    if (!exchange.requestEnded) this.#keepAlive = false;
    this.#drainedTo = exchange.lastAnswer?.claim() ?? null;
    const wanted = this.#keepAlive || this.#drainedTo !== null;
    if (this.#state !== BUSY || !short || !wanted) {
      this.close();
      return;
    }
    this.#state = DRAINING;
    this.#drainedBytes = 0;
    this.#deps.wheel.schedule(this.#timer, DRAIN_MS_MAX);
    this.resume();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream?.resume();
  }

  #endChunks(trailers: Head | null): void {
    if (!this.#chunkedRequest || this.#stream === null) return;
    this.#chunkedRequest = false;
    writeLastChunk(this.#stream, trailers);
  }

  // StreamHandler.

  onConnected(): void {
    const exchange = this.#exchange;
    this.#deps.wheel.cancel(this.#timer);
    if (exchange === null || this.#state !== OPENING) return;
    if (this.#owner.admits(exchange)) this.send(exchange, this.layer);
    else this.#fault(WITHDRAWN);
  }

  onRead(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state !== BUSY && this.#state !== DRAINING) {
      // A server that speaks unasked (a 408 before it closes, usually) is not trusted again.
      if (this.#state === IDLE) this.close();
      return;
    }
    if (this.#exchange !== null) this.#exchange.heard = true;
    const taken = this.#decoder.consume(bytes, start, end);
    const { state } = this.#decoder;
    // Bytes after an answer are nobody's: the two sides disagree about where it ended. They must
    // never be taken for the answer to the next request, so the connection is not used again.
    if (state === DECODER_DONE) this.#answered(taken === end);
    else if (state === DECODER_TUNNEL) this.#upgradeTunnel(bytes, taken, end);
    else if (taken < end) this.#lost("the endpoint sent more than its answer");
  }

  onReadEnd(): void {
    if (this.#state === BUSY || this.#state === DRAINING) this.#decoder.finish();
    if (this.#decoder.state === DECODER_DONE) this.#answered(false);
    if (this.#state === BUSY) this.#lost("the endpoint ended the connection");
    else if (this.#state === IDLE || this.#state === DRAINING) this.close();
  }

  onWritable(): void {
    this.#exchange?.downstream.resume();
  }

  onClosed(reason: CloseReason): void {
    if (this.#state === OPENING) this.#connectFailed(reason);
    else if (this.#state === BUSY) this.#lost(`the connection was lost: ${reason}`);
    else this.close();
  }

  onTimer(): void {
    if (this.#state === OPENING) {
      this.#connectFailed("timeout");
      return;
    }
    if (this.#state === DRAINING) {
      this.close();
      return;
    }
    // One that is busy, or a tunnel, is not idle: it is set anew when the connection is free again.
    if (this.#state !== IDLE) return;
    const leftMs = this.#idleSinceMs + this.#idleLimitMs - this.#deps.clock.nowMs();
    if (leftMs > 0) this.#deps.wheel.schedule(this.#timer, leftMs);
    else this.close();
  }

  // DecoderSink: the answer.

  onHead(head: Head): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    if (head.status < 200 && head.status !== 101) {
      this.layer.informational(exchange, head);
      return;
    }
    this.#keepAlive = head.keepAlive;
    if (head.keepAliveTimeoutS >= 0) this.#obeyKeepAlive(head.keepAliveTimeoutS);
    this.layer.head(exchange, head);
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      this.#drainedBytes += end - start;
      if (this.#drainedBytes > DRAINED_BYTES_MAX) this.close();
      else this.#drainedTo?.add(bytes, start, end);
      return;
    }
    exchange.answerBytes += end - start;
    if (exchange.downstream.body(bytes, start, end) || this.#paused) return;
    this.#paused = true;
    this.#stream?.pause();
  }

  onTrailers(trailers: Head): void {
    if (this.#exchange !== null) this.#exchange.downstream.trailers(trailers);
    else this.#drainedTo?.addTrailers(trailers);
  }

  /** Told again by the decoder's state, once it is known whether anything follows the answer. */
  onEnd(): void {}

  #answered(mayStay: boolean): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      if (this.#state === DRAINING) this.#drained(mayStay);
      return;
    }
    this.#exchange = null;
    exchange.upstream = null;
    // An answer that came before the whole request leaves the rest of it unsent.
    const stays = mayStay && this.#keepAlive && exchange.requestEnded;
    if (stays && this.#stream?.ended === false) {
      this.#backToPool(exchange.answeredMs);
    } else this.close();
    this.layer.end(exchange);
  }

  #drained(mayStay: boolean): void {
    if (this.#drainedTo !== null) this.#drainedTo.isWhole = true;
    this.#drainedTo = null;
    if (!mayStay || !this.#keepAlive || this.#stream?.ended !== false) {
      this.close();
      return;
    }
    this.#deps.wheel.cancel(this.#timer);
    this.#backToPool(this.#deps.clock.nowMs());
  }

  onError(error: Http1Error): void {
    if (error.code === "closed-early") this.#lost("the endpoint closed within its answer");
    else this.#fault(new Fault("upstream-protocol", error.detail));
  }

  #backToPool(nowMs: number): void {
    this.#state = IDLE;
    this.#idleSinceMs = nowMs;
    this.#decoder.next();
    this.resume();
    if (!this.#timer.isScheduled) this.#deps.wheel.schedule(this.#timer, this.#idleLimitMs);
    this.#owner.release(this);
  }

  #obeyKeepAlive(timeoutS: number): void {
    const limitMs = Math.max(0, timeoutS * 1_000 - KEEP_ALIVE_MARGIN_MS);
    this.#idleLimitMs = Math.min(this.#deps.timing.idleTimeoutMs, limitMs);
  }

  #connectFailed(reason: CloseReason): void {
    this.#fault(connectFault(this.#owner.target, reason));
  }

  #lost(detail: string): void {
    this.#fault(new Fault("connection-lost", detail));
  }

  #fault(fault: Fault): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.close();
    if (exchange === null) return;
    exchange.upstream = null;
    this.layer.fault(exchange, fault);
  }

  // Tunnels.

  #connectTunnel(exchange: Exchange, stream: Stream): void {
    this.layer.head(exchange, CONNECT_ESTABLISHED);
    this.#tunnel(exchange, stream);
  }

  #upgradeTunnel(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange;
    const stream = this.#stream;
    if (exchange === null || stream === null) return;
    if (start < end) exchange.downstream.body(bytes, start, end);
    this.#tunnel(exchange, stream);
  }

  #tunnel(exchange: Exchange, stream: Stream): void {
    this.#state = TUNNEL;
    this.#exchange = null;
    exchange.upstream = null;
    this.#deps.wheel.cancel(this.#timer);
    exchange.downstream.tunnel(exchange, stream, () => {
      this.close();
      this.layer.end(exchange);
    });
  }
}
