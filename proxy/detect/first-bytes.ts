/**
 * What the first bytes of a connection are, from as few of them as it takes, however the network
 * cuts them. Three can be told for certain; all else is opaque:
 *
 *   TLS       a whole ClientHello, because it also says for whom it is
 *   HTTP/2    the preface, all 24 bytes (RFC 9113 section 3.4)
 *   HTTP/1.x  a request line that ends in `HTTP/1.0` or `HTTP/1.1` (RFC 9112 section 3). Less is
 *             not enough: `GET key` is a command of Redis and of memcached too. CONNECT is left
 *             opaque: it is meant for the proxy that was dialled, and is answered there
 *
 * One of the first bytes nearly always rules all but one out, so one walk along them decides.
 */
import { CR, LF, SP, TARGET, TOKEN } from "../../wire/http1/byte-class.ts";
import { LEADING_EMPTY_LINES_MAX, METHOD_BYTES_MAX } from "../../wire/http1/limits.ts";
import {
  type ClientHello,
  ClientHelloReader,
  HELLO_NONE,
  HELLO_PARTIAL,
  TLS_HANDSHAKE,
} from "../../wire/tls/client-hello.ts";

// What they are.
export const UNDECIDED = 0;
export const FIRST_HTTP1 = 1;
export const FIRST_HTTP2 = 2;
export const FIRST_TLS = 3;
export const FIRST_OPAQUE = 4;

/** RFC 9113 section 3.4. */
const PREFACE = Uint8Array.from(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
/** And the blank after it: a request that begins so asks for bytes to be carried as they are. */
const CONNECT = Uint8Array.from(Buffer.from("CONNECT "));
const VERSION = Uint8Array.from(Buffer.from("HTTP/1."));
const ZERO = 0x30;
const ONE = 0x31;

/** No longer possible. */
const RULED_OUT = -1;

// Where in a request line the walk is; RULED_OUT is one more.
const EMPTY_LINES = 0;
const EMPTY_LINE_LF = 1;
const METHOD = 2;
const REQUEST_TARGET = 3;
const HTTP_VERSION = 4;
const VERSION_MINOR = 5;
const LINE_END = 6;
const IS_REQUEST = 7;

/** Reads the first bytes of one connection. */
export class FirstBytes {
  /** Of TLS, when its first message could be read. */
  hello: ClientHello | null = null;
  /** Somebody said that this is HTTP: only what is surely something else is not. */
  readonly #expectsHttp: boolean;
  readonly #targetBytesMax: number;
  #verdict = UNDECIDED;
  #taken = 0;
  #tls: ClientHelloReader | null = null;
  /** Bytes that were as the preface has them, or RULED_OUT. */
  #prefaceTaken = 0;
  /** The same of CONNECT. */
  #connectTaken = 0;
  #place = EMPTY_LINES;
  /** In the current place. */
  #count = 0;
  #emptyLineCount = 0;

  /** `targetBytesMax`: a longer request-target is not HTTP/1 that could be served. */
  constructor(targetBytesMax: number, expectsHttp: boolean) {
    this.#targetBytesMax = targetBytesMax;
    this.#expectsHttp = expectsHttp;
  }

  /** FIRST_ constant, or UNDECIDED. Once decided, further bytes change nothing. */
  take(bytes: Uint8Array, start: number, end: number): number {
    if (this.#verdict !== UNDECIDED || start >= end) return this.#verdict;
    if (this.#taken === 0 && bytes[start] === TLS_HANDSHAKE) this.#tls = new ClientHelloReader();
    this.#taken += end - start;
    this.#verdict =
      this.#tls === null
        ? this.#takeText(bytes, start, end)
        : this.#takeTls(this.#tls, bytes, start, end);
    return this.#verdict;
  }

  /** What it has to be taken for when nothing more is waited for. */
  settle(): number {
    if (this.#verdict === UNDECIDED) {
      this.#verdict = this.#tls?.begun === true ? FIRST_TLS : this.#unknown();
    }
    return this.#verdict;
  }

  #unknown(): number {
    return this.#expectsHttp ? FIRST_HTTP1 : FIRST_OPAQUE;
  }

  #takeTls(tls: ClientHelloReader, bytes: Uint8Array, start: number, end: number): number {
    const found = tls.take(bytes, start, end);
    if (found === HELLO_PARTIAL) return UNDECIDED;
    if (found === HELLO_NONE) return this.#unknown();
    this.hello = tls.hello;
    return FIRST_TLS;
  }

  #takeText(bytes: Uint8Array, start: number, end: number): number {
    this.#prefaceTaken = matchOn(PREFACE, this.#prefaceTaken, bytes, start, end);
    if (this.#prefaceTaken === PREFACE.length) return FIRST_HTTP2;
    if (this.#expectsHttp) return this.#prefaceTaken === RULED_OUT ? FIRST_HTTP1 : UNDECIDED;
    this.#connectTaken = matchOn(CONNECT, this.#connectTaken, bytes, start, end);
    if (this.#connectTaken === CONNECT.length) return FIRST_OPAQUE;
    this.#takeRequestLine(bytes, start, end);
    if (this.#place === IS_REQUEST) return FIRST_HTTP1;
    const isOpen = this.#place !== RULED_OUT || this.#prefaceTaken !== RULED_OUT;
    return isOpen ? UNDECIDED : FIRST_OPAQUE;
  }

  #takeRequestLine(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && this.#place !== RULED_OUT && this.#place !== IS_REQUEST) {
      switch (this.#place) {
        case METHOD:
          at = this.#takeClass(TOKEN, METHOD_BYTES_MAX, REQUEST_TARGET, bytes, at, end);
          break;
        case REQUEST_TARGET:
          at = this.#takeClass(TARGET, this.#targetBytesMax, HTTP_VERSION, bytes, at, end);
          break;
        case EMPTY_LINES:
          // The byte after the empty lines is the method's: it is looked at again.
          if (this.#takeEmptyLine(bytes[at] as number)) at += 1;
          break;
        default:
          this.#takeLineEnd(bytes[at] as number);
          at += 1;
      }
    }
  }

  /** A run of one to `bytesMax` bytes of a class, and the blank after it. */
  #takeClass(
    members: Uint8Array,
    bytesMax: number,
    nextPlace: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const limit = Math.min(end, start + bytesMax - this.#count);
    let at = start;
    while (at < limit && members[bytes[at] as number] === 1) at += 1;
    this.#count += at - start;
    if (at === end) return at;
    const isDone = bytes[at] === SP && this.#count > 0;
    this.#place = isDone ? nextPlace : RULED_OUT;
    this.#count = 0;
    return at + 1;
  }

  /** Some old clients end a body with one line too many: the decoder forgives as many. */
  #takeEmptyLine(byte: number): boolean {
    if (byte === CR && this.#emptyLineCount < LEADING_EMPTY_LINES_MAX) {
      this.#emptyLineCount += 1;
      this.#place = EMPTY_LINE_LF;
      return true;
    }
    this.#place = METHOD;
    return false;
  }

  #takeLineEnd(byte: number): void {
    switch (this.#place) {
      case EMPTY_LINE_LF:
        this.#place = byte === LF ? EMPTY_LINES : RULED_OUT;
        break;
      case HTTP_VERSION:
        if (byte !== VERSION[this.#count]) this.#place = RULED_OUT;
        else if (++this.#count === VERSION.length) this.#place = VERSION_MINOR;
        break;
      case VERSION_MINOR:
        this.#place = byte === ZERO || byte === ONE ? LINE_END : RULED_OUT;
        break;
      default:
        // A bare LF or CR is for the decoder to refuse: to let it pass would be a way round it.
        this.#place = byte === CR || byte === LF ? IS_REQUEST : RULED_OUT;
    }
  }
}

/** How much of a literal has come, or RULED_OUT; `taken` is what had come before these bytes. */
function matchOn(
  literal: Uint8Array,
  taken: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  if (taken === RULED_OUT) return RULED_OUT;
  let matched = taken;
  for (let at = start; at < end && matched < literal.length; at += 1) {
    if (bytes[at] !== literal[matched]) return RULED_OUT;
    matched += 1;
  }
  return matched;
}
