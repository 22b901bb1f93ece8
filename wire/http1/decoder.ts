/**
 * HTTP/1 messages out of a stream of bytes, cut anywhere. A head that arrives whole is read where
 * it lies; one that is cut is gathered in the head's own storage, line by line, so that every byte
 * is looked at a fixed number of times however slowly it comes.
 *
 * After each message the decoder stops and waits for `next()`: the bytes that follow may be the
 * next message, or no longer HTTP at all.
 */
import { CR, LF, TOKEN } from "./byte-class.ts";
import { CHUNKED_ENDED, ChunkedBody } from "./chunked.ts";
import { parseFieldLines } from "./field-lines.ts";
import { settleRequest, settleResponse } from "./framing.ts";
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_TUNNEL,
  BODY_UNTIL_CLOSE,
  Head,
  ROLE_REQUEST,
  ROLE_RESPONSE,
  ROLE_TRAILERS,
} from "./head.ts";
import { errorOf, failure, type Http1Error, INCOMPLETE } from "./http1-error.ts";
import { type Http1Limits, LEADING_EMPTY_LINES_MAX, METHOD_BYTES_MAX } from "./limits.ts";
import { METHOD_OTHER } from "./method.ts";
import { parseRequestLine } from "./request-line.ts";
import { parseStatusLine } from "./status-line.ts";
import { dropForbiddenTrailers } from "./trailer-fields.ts";

/** What a decoder tells. All bytes are borrowed: valid until the callback returns. */
export interface DecoderSink {
  /** A head; in a response possibly an informational one (status below 200), others follow. */
  onHead(head: Head): void;
  onBody(bytes: Uint8Array, start: number, end: number): void;
  /** Only if there are any. What may not be a trailer is not among them. */
  onTrailers(trailers: Head): void;
  /** The message is complete. Never called for a tunnel, which has no end of its own. */
  onEnd(): void;
  /** The connection is of no further use. */
  onError(error: Http1Error): void;
}

/** Between messages, no byte of the next one seen. Exits: all others. */
export const DECODER_IDLE = 0;
/** Inside a head. Exits: all others; IDLE after an informational one. */
export const DECODER_HEAD = 1;
/** Inside a body. Exits: TRAILERS, DONE, FAILED. */
export const DECODER_BODY = 2;
/** Inside a trailer section. Exits: DONE, FAILED. */
export const DECODER_TRAILERS = 3;
/** A message is complete. Exits: IDLE, by `next()`. */
export const DECODER_DONE = 4;
/** What follows the head is not HTTP any more. Exits: IDLE, by `next()`, if nothing came of it. */
export const DECODER_TUNNEL = 5;
/** An error was told, or `stop()` was called. Exits: none. */
export const DECODER_FAILED = 6;

/** `SP HTTP/1.1 CRLF` and the other space: what a request-line has beside method and target. */
const REQUEST_LINE_REST_BYTES = 12;

const BAD_REQUEST_LINE = failure("bad-request-line");
const BAD_STATUS_LINE = failure("bad-status-line");
const TARGET_TOO_LONG = failure("target-too-long");
const HEAD_TOO_LARGE = failure("head-too-large");
const TRAILERS_TOO_LARGE = failure("trailers-too-large");
const TOO_MANY_INFORMATIONAL = failure("too-many-informational");
const CLOSED_EARLY = failure("closed-early");
const BARE_CR = failure("bare-cr");

/** What requests and responses have in common: everything but the first line and the verdict. */
export class MessageDecoder {
  state = DECODER_IDLE;
  /** The head of the current message. */
  readonly head: Head;
  protected methodCode = METHOD_OTHER;
  protected upgradeAsked = false;
  readonly #sink: DecoderSink;
  readonly #limits: Http1Limits;
  readonly #firstLineBytesMax: number;
  /** Made when first needed: most connections never see a chunk or a trailer. */
  #chunked: ChunkedBody | null = null;
  #trailers: Head | null = null;
  #remainingBytes = 0;
  #informationalCount = 0;
  #emptyLineCount = 0;
  #crSeen = false;

  constructor(role: number, sink: DecoderSink, limits: Http1Limits) {
    this.head = new Head(role);
    this.#sink = sink;
    this.#limits = limits;
    this.#firstLineBytesMax =
      role === ROLE_REQUEST
        ? Math.min(
            limits.headBytesMax,
            limits.targetBytesMax + METHOD_BYTES_MAX + REQUEST_LINE_REST_BYTES,
          )
        : limits.headBytesMax;
  }

  /**
   * Takes bytes, and gives the position of the first one it did not take: at the end of a message,
   * in a tunnel, and after an error it takes no more.
   */
  consume(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      switch (this.state) {
        case DECODER_IDLE:
          at = this.#beginHead(bytes, at, end);
          break;
        case DECODER_HEAD:
          at = this.#gatherHead(bytes, at, end);
          break;
        case DECODER_BODY:
          at = this.#readBody(bytes, at, end);
          break;
        case DECODER_TRAILERS:
          at = this.#gatherTrailers(bytes, at, end);
          break;
        default:
          return at;
      }
    }
    return at;
  }

  /** Makes ready for the next message on this connection. */
  next(): void {
    if (this.state === DECODER_FAILED) return;
    this.state = DECODER_IDLE;
    this.#informationalCount = 0;
    this.#emptyLineCount = 0;
    this.#crSeen = false;
  }

  /** The peer ended its side of the connection. */
  finish(): void {
    if (this.state === DECODER_BODY && this.head.bodyKind === BODY_UNTIL_CLOSE) this.#end();
    else if (this.state >= DECODER_HEAD && this.state <= DECODER_TRAILERS) this.#fail(CLOSED_EARLY);
  }

  /** Nothing more is told, from inside a callback too. */
  stop(): void {
    this.state = DECODER_FAILED;
    this.#chunked?.stop();
  }

  #beginHead(bytes: Uint8Array, start: number, end: number): number {
    const { head } = this;
    const at = head.role === ROLE_REQUEST ? this.#skipEmptyLines(bytes, start, end) : start;
    if (at >= end || this.state === DECODER_FAILED) return at;
    // Told before the line is complete: what begins so is not HTTP, and may never send a line.
    if (TOKEN[bytes[at]!] !== 1) {
      return this.#failAt(at, head.role === ROLE_REQUEST ? BAD_REQUEST_LINE : BAD_STATUS_LINE);
    }
    this.state = DECODER_HEAD;
    head.begin(bytes, at);
    const limit = Math.min(end, at + this.#limits.headBytesMax);
    const after = this.#parse(limit);
    if (after >= 0) return this.#onHeadEnd(after, after);
    if (after !== INCOMPLETE) return this.#failAt(at, after);
    const tooLarge = this.#tooLarge(limit - at);
    if (tooLarge !== 0) return this.#failAt(at, tooLarge);
    head.moveToStorage(limit);
    return limit;
  }

  /** CR and LF may come in different calls, so they are counted across calls. */
  #skipEmptyLines(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const byte = bytes[at]!;
      if (this.#crSeen) {
        if (byte !== LF) return this.#failAt(at, BARE_CR);
        this.#crSeen = false;
      } else if (byte === CR && this.#emptyLineCount < LEADING_EMPTY_LINES_MAX) {
        this.#crSeen = true;
        this.#emptyLineCount++;
      } else {
        return at;
      }
      at++;
    }
    return at;
  }

  #gatherHead(bytes: Uint8Array, start: number, end: number): number {
    const { head } = this;
    let at = start;
    while (at < end) {
      at = head.takeLine(bytes, at, end, this.#limits.headBytesMax);
      if (head.storage[head.storedBytes - 1] === LF) {
        const after = this.#parse(head.storedBytes);
        if (after >= 0) return this.#onHeadEnd(after, at);
        if (after !== INCOMPLETE) return this.#failAt(at, after);
      }
      const tooLarge = this.#tooLarge(head.storedBytes);
      if (tooLarge !== 0) return this.#failAt(at, tooLarge);
    }
    return at;
  }

  /** The head's bytes up to `limit`: the position after the head, INCOMPLETE, or a failure. */
  #parse(limit: number): number {
    const { head } = this;
    if (!head.firstLineRead) {
      const lineLimit = Math.min(limit, head.start + this.#firstLineBytesMax);
      const after =
        head.role === ROLE_REQUEST
          ? parseRequestLine(head, head.start, lineLimit, this.#limits.targetBytesMax)
          : parseStatusLine(head, head.start, lineLimit);
      if (after < 0) return after;
      head.firstLineRead = true;
      head.parsedTo = after;
    }
    return parseFieldLines(head, limit, this.#limits.fieldCountMax);
  }

  /** The failure of a head that is not complete after `byteCount` bytes; 0 while it may be. */
  #tooLarge(byteCount: number): number {
    const { head } = this;
    if (!head.firstLineRead && byteCount >= this.#firstLineBytesMax) {
      return head.role === ROLE_REQUEST ? TARGET_TOO_LONG : HEAD_TOO_LARGE;
    }
    return byteCount >= this.#limits.headBytesMax ? HEAD_TOO_LARGE : 0;
  }

  /** The head ends at `headEnd` of its own bytes, which is `at` in those being consumed. */
  #onHeadEnd(headEnd: number, at: number): number {
    const { head } = this;
    head.end = headEnd;
    const failed =
      head.role === ROLE_REQUEST
        ? settleRequest(head)
        : settleResponse(head, this.methodCode, this.upgradeAsked);
    if (failed !== 0) return this.#failAt(at, failed);
    if (head.role === ROLE_RESPONSE && head.status < 200 && head.status !== 101) {
      if (++this.#informationalCount > this.#limits.informationalMax) {
        return this.#failAt(at, TOO_MANY_INFORMATIONAL);
      }
      this.#sink.onHead(head);
      if (this.state === DECODER_HEAD) this.state = DECODER_IDLE;
      return at;
    }
    this.#sink.onHead(head);
    if (this.state === DECODER_HEAD) this.#beginBody();
    return at;
  }

  #beginBody(): void {
    const { head } = this;
    switch (head.bodyKind) {
      case BODY_NONE:
        this.#end();
        break;
      case BODY_LENGTH:
        this.#remainingBytes = head.contentLength;
        this.state = DECODER_BODY;
        if (head.contentLength === 0) this.#end();
        break;
      case BODY_CHUNKED:
        this.#chunked ??= new ChunkedBody(this.#limits.chunkExtensionBytesMax);
        this.#chunked.reset();
        this.state = DECODER_BODY;
        break;
      case BODY_TUNNEL:
        this.state = DECODER_TUNNEL;
        break;
      default:
        this.state = DECODER_BODY;
    }
  }

  #readBody(bytes: Uint8Array, start: number, end: number): number {
    switch (this.head.bodyKind) {
      case BODY_LENGTH: {
        const stop = Math.min(end, start + this.#remainingBytes);
        this.#remainingBytes -= stop - start;
        this.#sink.onBody(bytes, start, stop);
        if (this.#remainingBytes === 0 && this.state === DECODER_BODY) this.#end();
        return stop;
      }
      case BODY_CHUNKED:
        return this.#readChunks(bytes, start, end, this.#chunked!);
      default:
        this.#sink.onBody(bytes, start, end);
        return end;
    }
  }

  #readChunks(bytes: Uint8Array, start: number, end: number, chunked: ChunkedBody): number {
    const at = chunked.read(bytes, start, end, this.#sink);
    if (this.state !== DECODER_BODY) return Math.max(at, start);
    if (at < 0) return this.#failAt(start, at);
    if (chunked.phase !== CHUNKED_ENDED) return at;
    // Nearly always there are no trailers, and the empty line lies right here.
    if (at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF) {
      this.#end();
      return at + 2;
    }
    this.#trailers ??= new Head(ROLE_TRAILERS);
    this.#trailers.begin(bytes, at);
    this.#trailers.moveToStorage(at);
    this.state = DECODER_TRAILERS;
    return at;
  }

  #gatherTrailers(bytes: Uint8Array, start: number, end: number): number {
    const trailers = this.#trailers!;
    const { trailerBytesMax, fieldCountMax } = this.#limits;
    let at = start;
    while (at < end) {
      at = trailers.takeLine(bytes, at, end, trailerBytesMax);
      if (trailers.storage[trailers.storedBytes - 1] === LF) {
        const after = parseFieldLines(trailers, trailers.storedBytes, fieldCountMax);
        if (after >= 0) return this.#onTrailersEnd(trailers, after, at);
        if (after !== INCOMPLETE) return this.#failAt(at, after);
      }
      if (trailers.storedBytes >= trailerBytesMax) return this.#failAt(at, TRAILERS_TOO_LARGE);
    }
    return at;
  }

  #onTrailersEnd(trailers: Head, trailersEnd: number, at: number): number {
    trailers.end = trailersEnd;
    if (trailers.fieldCount > 0) {
      dropForbiddenTrailers(trailers);
      this.#sink.onTrailers(trailers);
    }
    if (this.state === DECODER_TRAILERS) this.#end();
    return at;
  }

  #end(): void {
    this.state = DECODER_DONE;
    this.#sink.onEnd();
  }

  #failAt(at: number, failed: number): number {
    this.#fail(failed);
    return at;
  }

  #fail(failed: number): void {
    this.state = DECODER_FAILED;
    this.#sink.onError(errorOf(failed, this.head.role === ROLE_RESPONSE));
  }
}

/** Decodes what a client sends. */
export class RequestDecoder extends MessageDecoder {
  constructor(sink: DecoderSink, limits: Http1Limits) {
    super(ROLE_REQUEST, sink, limits);
  }
}

/** Decodes what a server sends. Call `expect` before each response. */
export class ResponseDecoder extends MessageDecoder {
  constructor(sink: DecoderSink, limits: Http1Limits) {
    super(ROLE_RESPONSE, sink, limits);
  }

  /**
   * What the next response answers: HEAD and CONNECT change its framing, and 101 is refused
   * unless `upgradeAsked`.
   */
  expect(methodCode: number, upgradeAsked: boolean): void {
    this.methodCode = methodCode;
    this.upgradeAsked = upgradeAsked;
  }
}
