/**
 * One HTTP/1 connection from a caller: the codec on one side, the stream on the other, and one
 * exchange record that serves every request of the connection in turn.
 *
 *   READING   waits for a request, or reads its head     -> ANSWERING, CLOSING, CLOSED
 *   ANSWERING an exchange is under way                   -> READING, TUNNEL, CLOSING, CLOSED
 *   TUNNEL    bytes go through untouched                 -> CLOSED
 *   CLOSING   our side is ended, the rest is thrown away -> CLOSED
 *   CLOSED    nothing happens any more
 */
import type { Clock } from "../../base/clock.ts";
import type { Fault } from "../../base/fault.ts";
import { type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import {
  DECODER_BODY,
  DECODER_DONE,
  DECODER_HEAD,
  DECODER_IDLE,
  DECODER_TRAILERS,
  DECODER_TUNNEL,
  type DecoderSink,
  RequestDecoder,
} from "../../wire/http1/decoder.ts";
import { BODY_LENGTH, BODY_NONE, BODY_TUNNEL, type Head } from "../../wire/http1/head.ts";
import type { Http1Error } from "../../wire/http1/http1-error.ts";
import type { Http1Limits } from "../../wire/http1/limits.ts";
import { METHOD_OTHER } from "../../wire/http1/method.ts";
import { type Direction, type Downstream, Exchange, type OwnAnswer } from "../exchange/exchange.ts";
import type { CloseReason, Stream, StreamHandler } from "../net/stream.ts";
import { AnswerFraming, writeInformational } from "./answer-framing.ts";
import { CallerWatch, type ServerTiming } from "./caller-watch.ts";
import { type AnswerContext, encodeFault, encodeOwnAnswer, faultOfRequest } from "./own-answers.ts";
import { PipelinedBytes } from "./pipelined-bytes.ts";
import { splice } from "./splice.ts";

const READING = 0;
const ANSWERING = 1;
const TUNNEL = 2;
const CLOSING = 3;
const CLOSED = 4;

/** A longer request that was answered without being read costs its connection. */
export const SKIPPED_BODY_BYTES_MAX = 65_536;

/** Who serves the exchanges of a connection. */
export interface ExchangeService {
  readonly direction: Direction;
  /** True: the next answer is the last of its connection. */
  readonly draining: boolean;
  start(exchange: Exchange): void;
  /**
   * No answer is wanted, and none may be given: the caller is gone, or has been told of
   * `exchange.fault`.
   */
  cancel(exchange: Exchange): void;
  /** A request that could not be read, or was never whole; its caller has been told. */
  refused(fault: Fault): void;
  closed(connection: ServerConnection): void;
}

export interface ServerConnectionDeps {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly limits: Http1Limits;
  readonly timing: ServerTiming;
}

export class ServerConnection implements StreamHandler, DecoderSink, Downstream {
  readonly #stream: Stream;
  readonly #service: ExchangeService;
  readonly #deps: ServerConnectionDeps;
  readonly #decoder: RequestDecoder;
  readonly #exchange: Exchange;
  readonly #timer: WheelTimer = new WheelTimer(this);
  readonly #watch: CallerWatch;
  readonly #pipelined = new PipelinedBytes();
  readonly #framing = new AnswerFraming();
  #state = READING;
  /** Inside `#feed`, which goes on by itself with what is left. */
  #feeding = false;
  #paused = false;
  /** This is the last answer of the connection. */
  #closeAfter = false;
  /** The answer is out, and the short rest of the request is read away. */
  #skipsBody = false;
  /** The process is waiting for this connection. */
  #drained = false;
  /** While CLOSING: what was not sent when that was looked at last. */
  #unsentBytes = 0;

  constructor(stream: Stream, service: ExchangeService, deps: ServerConnectionDeps) {
    this.#stream = stream;
    this.#service = service;
    this.#deps = deps;
    this.#decoder = new RequestDecoder(this, deps.limits);
    this.#exchange = new Exchange(this, this.#decoder.head);
    this.#watch = new CallerWatch(deps.timing, deps.clock.nowMs());
    deps.wheel.schedule(this.#timer, deps.timing.headTimeoutMs);
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress;
  }

  /**
   * The answer under way is the last, if that can still be said; otherwise, and where none is under
   * way, the next one is, because the service is draining.
   */
  endAfterAnswer(): void {
    if (this.#state === ANSWERING && !this.#exchange.answered) this.#closeAfter = true;
  }

  /** Ends the connection as soon as no exchange is under way. */
  drain(): void {
    this.#closeAfter = true;
    this.#drained = true;
    if (this.#state === CLOSING) this.#scheduleLinger();
    if (this.#state !== READING || this.#decoder.state !== DECODER_IDLE) return;
    if (this.#stream.unsentBytes > 0) this.#linger();
    else this.#close();
  }

  /** Ends the connection now, whatever is under way. */
  abort(): void {
    this.#abandon();
  }

  // StreamHandler.

  onConnected(): void {}

  onRead(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state === CLOSING || this.#state === CLOSED) return;
    const waits = this.#decoder.state === DECODER_DONE || this.#decoder.state === DECODER_TUNNEL;
    // Who does not read its answers gets no more of them: they would pile up here.
    const waitsForReader = this.#state === READING && this.#stream.congested;
    if (waitsForReader || (this.#state === ANSWERING && waits)) this.#park(bytes, start, end);
    else this.#feed(bytes, start, end);
  }

  onReadEnd(): void {
    // The last answer is on its way; when it is out, both sides have ended.
    if (this.#state === CLOSING && this.#stream.unsentBytes > 0) return;
    this.#abandon();
  }

  onWritable(): void {
    if (this.#state === ANSWERING) this.#exchange.upstream?.resume();
    else if (this.#state === READING && this.#paused) this.#readOn();
  }

  onClosed(_reason: CloseReason): void {
    this.#abandon();
  }

  onTimer(): void {
    const nowMs = this.#deps.clock.nowMs();
    if (this.#state === CLOSING) {
      this.#lingerOn(nowMs);
      return;
    }
    if (this.#watch.isReaderStuck(nowMs, this.#stream.congested, this.#exchange.answerBytes)) {
      this.#abandon();
      return;
    }
    const waitsForUs = this.#paused || (this.#state === ANSWERING && this.#exchange.requestEnded);
    const fault = this.#watch.check(nowMs, this.#exchange.requestBytes, waitsForUs);
    if (fault === null) {
      this.#deps.wheel.schedule(this.#timer, this.#watch.nextCheckMs(nowMs));
    } else if (this.#state === READING && this.#decoder.state === DECODER_IDLE) this.#close();
    else this.#refuse(fault);
  }

  #feed(bytes: Uint8Array, start: number, end: number): void {
    const decoder = this.#decoder;
    this.#feeding = true;
    let at = start;
    while (at < end) {
      at = decoder.consume(bytes, at, end);
      if (this.#state === ANSWERING) {
        if (at < end) this.#park(bytes, at, end);
        break;
      }
      if (this.#state !== READING || decoder.state !== DECODER_DONE) break;
      decoder.next();
      if (at < end && this.#stream.congested) {
        this.#park(bytes, at, end);
        break;
      }
    }
    this.#feeding = false;
    if (decoder.state === DECODER_HEAD) this.#watchSender(false);
    else if (decoder.state === DECODER_BODY || decoder.state === DECODER_TRAILERS) {
      this.#watchSender(true);
    }
  }

  /** From here on a slow sender has a limit. Requests that came whole never get here. */
  #watchSender(inBody: boolean): void {
    const nowMs = this.#deps.clock.nowMs();
    if (!this.#watch.begin(inBody, nowMs)) return;
    this.#deps.wheel.schedule(this.#timer, this.#watch.nextCheckMs(nowMs));
  }

  /** What follows a request waits here until its turn: one read, then the stream is paused. */
  #park(bytes: Uint8Array, start: number, end: number): void {
    this.#pipelined.add(bytes, start, end);
    this.#pause();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  // DecoderSink: the request.

  onHead(head: Head): void {
    const exchange = this.#exchange;
    this.#state = ANSWERING;
    this.#skipsBody = false;
    if (!head.keepAlive || this.#service.draining) this.#closeAfter = true;
    exchange.begin(this.#service.direction, this.#deps.clock.nowMs());
    if (head.bodyKind === BODY_TUNNEL) {
      exchange.requestEnded = true;
      this.#closeAfter = true;
    }
    this.#service.start(exchange);
    // The bytes are only lent; whoever goes on with the exchange later reads a copy.
    if (exchange.active) head.keep();
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.#exchange;
    exchange.requestBytes += end - start;
    if (!exchange.active) return;
    const { upstream, kept } = exchange;
    if (kept !== null) kept.add(bytes, start, end);
    if (upstream === null) exchange.held.add(bytes, start, end);
    if (upstream === null || !upstream.body(bytes, start, end)) this.#pause();
  }

  onTrailers(trailers: Head): void {
    const { upstream, held, kept } = this.#exchange;
    kept?.addTrailers(trailers);
    if (upstream === null) held.addTrailers(trailers);
    else upstream.trailers(trailers);
  }

  onEnd(): void {
    const exchange = this.#exchange;
    exchange.requestEnded = true;
    if (exchange.head.bodyKind !== BODY_NONE) {
      exchange.requestEndedMs = this.#deps.clock.nowMs();
      this.#watch.idle(exchange.requestEndedMs);
      if (exchange.active) exchange.upstream?.end();
      exchange.kept?.end();
    }
    if (!exchange.active) this.#afterAnswer();
  }

  onError(error: Http1Error): void {
    this.#refuse(faultOfRequest(error));
  }

  /** The caller broke the protocol, or was too slow: nothing more is read from it. */
  #refuse(fault: Fault): void {
    const exchange = this.#exchange;
    this.#closeAfter = true;
    this.#decoder.stop();
    const begun = this.#state === ANSWERING;
    const answered = begun && (exchange.answered || !exchange.active);
    if (begun && exchange.active) {
      exchange.active = false;
      exchange.fault = fault;
      this.#service.cancel(exchange);
    } else this.#service.refused(fault);
    if (answered) this.cut(exchange, fault);
    else this.#writeFault(fault, begun ? exchange.head.methodCode : METHOD_OTHER);
  }

  /** The caller is gone, or cannot be talked to any more. */
  #abandon(): void {
    if (this.#state === CLOSED) return;
    const exchange = this.#exchange;
    const cancelled = this.#state === ANSWERING && exchange.active;
    this.#close();
    if (!cancelled) return;
    exchange.active = false;
    this.#service.cancel(exchange);
  }

  // Downstream: the answer.

  informational(exchange: Exchange, head: Head): void {
    // RFC 9110 section 15.2: never to a client of HTTP/1.0.
    if (exchange.head.versionMinor === 1) writeInformational(this.#stream, exchange, head);
  }

  head(exchange: Exchange, head: Head): void {
    // An answer of our own: nobody will read what is still coming.
    if (exchange.upstream === null) this.#closeIfBodyIsUnread();
    if (this.#framing.begin(this.#stream, exchange, head, this.#closeAfter)) {
      this.#closeAfter = true;
    }
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#framing.body(this.#stream, bytes, start, end);
  }

  trailers(trailers: Head): void {
    this.#framing.trailers(this.#stream, trailers);
  }

  end(_exchange: Exchange): void {
    this.#framing.end(this.#stream);
    this.#afterAnswer();
  }

  fail(exchange: Exchange, fault: Fault): void {
    if (this.#state !== ANSWERING) return;
    this.#closeIfBodyIsUnread();
    this.#writeFault(fault, exchange.head.methodCode);
  }

  respond(exchange: Exchange, answer: OwnAnswer): void {
    if (this.#state !== ANSWERING) return;
    exchange.active = false;
    this.#closeIfBodyIsUnread();
    this.#write(encodeOwnAnswer(answer, this.#context(exchange.head.methodCode)));
    this.#afterAnswer();
  }

  cut(_exchange: Exchange, _fault: Fault): void {
    if (this.#state === CLOSED) return;
    this.#stream.reset();
    this.#close();
  }

  resume(): void {
    if (!this.#paused || this.#pipelined.length > 0) return;
    this.#paused = false;
    this.#stream.resume();
  }

  tunnel(exchange: Exchange, peer: Stream, ended: () => void): void {
    this.#state = TUNNEL;
    this.#deps.wheel.cancel(this.#timer);
    this.#paused = false;
    splice(this.#stream, peer, {
      spliceBytes: (forward, count) => {
        if (forward) exchange.requestBytes += count;
        else exchange.answerBytes += count;
      },
      spliceEnded: () => {
        this.#close();
        ended();
      },
    });
    this.#pipelined.flushTo(peer);
  }

  #writeFault(fault: Fault, methodCode: number): void {
    this.#write(encodeFault(fault, this.#context(methodCode)));
    if (this.#state === READING) this.#linger();
    else this.#afterAnswer();
  }

  #write(bytes: Uint8Array): void {
    this.#stream.write(bytes, 0, bytes.length);
  }

  #context(methodCode: number): AnswerContext {
    return {
      direction: this.#service.direction,
      methodCode,
      close: this.#closeAfter,
      retryForbidden: this.#state === ANSWERING && this.#exchange.retryForbidden,
    };
  }

  /**
   * A body that is still coming, and that nobody will read, takes the connection with it, unless
   * it is so short that reading it away costs less than a new connection. Who expects to be told
   * to go on (100) may never send it.
   */
  #closeIfBodyIsUnread(): void {
    const { requestEnded, head } = this.#exchange;
    if (requestEnded || head.bodyKind === BODY_NONE) return;
    const isShort = head.bodyKind === BODY_LENGTH && head.contentLength <= SKIPPED_BODY_BYTES_MAX;
    this.#skipsBody = isShort && !head.expectContinue;
    if (this.#skipsBody) this.resume();
    else this.#closeAfter = true;
  }

  /** The answer is out. Goes on with the next request, or ends the connection. */
  #afterAnswer(): void {
    if (this.#state !== ANSWERING) return;
    const exchange = this.#exchange;
    if (exchange.kept !== null) exchange.forgetBody();
    // The decoder has not told the end of the request yet: it will, and this is called.
    const endComes = this.#skipsBody || exchange.head.bodyKind === BODY_NONE;
    if (!exchange.requestEnded && !this.#closeAfter && endComes) return;
    if (this.#closeAfter || !exchange.requestEnded) {
      this.#linger();
      return;
    }
    this.#state = READING;
    this.#watch.idle(exchange.endedMs);
    if (this.#feeding) return;
    this.#decoder.next();
    if (this.#paused) this.#readOn();
  }

  /** Takes up what came while the answer was under way. */
  #readOn(): void {
    while (this.#state === READING && this.#pipelined.length > 0 && !this.#stream.congested) {
      const bytes = this.#pipelined.take();
      this.#feed(bytes, 0, bytes.length);
    }
    this.#pipelined.settle();
    if (this.#state === READING) this.resume();
  }

  /**
   * Closing at once, with bytes of the peer unread, would make the kernel send a reset that can
   * overtake the answer (RFC 9112 section 9.6).
   */
  #linger(): void {
    this.#state = CLOSING;
    this.#decoder.stop();
    this.#pipelined.clear();
    this.#stream.end();
    this.#paused = false;
    this.#stream.resume();
    this.#unsentBytes = this.#stream.unsentBytes;
    if (this.#stream.ended && this.#unsentBytes === 0) this.#close();
    else this.#scheduleLinger();
  }

  #scheduleLinger(): void {
    const { drainedLingerMs, lingerMs } = this.#deps.timing;
    this.#deps.wheel.schedule(this.#timer, this.#drained ? drainedLingerMs : lingerMs);
  }

  /** A caller that reads slowly gets all of its answer, as long as it reads. */
  #lingerOn(nowMs: number): void {
    const before = this.#unsentBytes;
    const left = this.#stream.unsentBytes;
    this.#unsentBytes = left;
    const stuck = this.#watch.isReaderStuck(nowMs, left > 0, left);
    if (stuck || (left === 0 && before === 0)) this.#close();
    else this.#scheduleLinger();
  }

  #close(): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#decoder.stop();
    this.#deps.wheel.cancel(this.#timer);
    this.#stream.destroy();
    this.#service.closed(this);
  }
}
