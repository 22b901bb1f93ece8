/**
 * The first message of TLS, as far as somebody who only passes it on may read it: for whom it is
 * (SNI) and what will be spoken inside (ALPN). Fed as the bytes come, cut anywhere; nothing is
 * believed of a length before the bytes are there, and what is longer than the bound is not read.
 *
 * TLSPlaintext: RFC 8446 section 5.1. ClientHello: section 4.1.2, the same in all versions of TLS.
 * The hello of SSL 2 is something else, and was given up for good by RFC 6176.
 */
import { ByteWriter } from "../http1/byte-writer.ts";
import { latin1 } from "../http1/latin1.ts";
import { parseServerName } from "./server-name.ts";

/** All that is ever looked at, record headers included: more than one record can carry. */
export const CLIENT_HELLO_BYTES_MAX = 16_384;

/** Names of protocols that are kept; those after them are left out. */
export const ALPN_NAMES_MAX = 32;

/** What a record of handshakes begins with, and so every connection of TLS. */
export const TLS_HANDSHAKE = 0x16;

// What `take` says.
/** More is needed. */
export const HELLO_PARTIAL = 0;
/** `hello` has it. */
export const HELLO_WHOLE = 1;
/** It is TLS, but longer than what is looked at. */
export const HELLO_TOO_LONG = 2;
/** It is no ClientHello. */
export const HELLO_NONE = 3;

export interface ClientHello {
  /** In lower case without a last dot; null when there is none, or none that is a host's name. */
  readonly serverName: string | null;
  /** As latin1, in the caller's order, without those that mean nothing (RFC 8701). */
  readonly alpn: readonly string[];
}

const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
const CLIENT_HELLO = 1;
/** Of one record, RFC 8446 section 5.1. */
const FRAGMENT_BYTES_MAX = 16_384;
/** Version, random, empty session id, one cipher suite, one compression method. */
const BODY_BYTES_MIN = 2 + 32 + 1 + 4 + 2;
const SESSION_ID_BYTES_MAX = 32;

const EXTENSION_SERVER_NAME = 0;
/** RFC 7301 section 3.1. */
const EXTENSION_ALPN = 16;

/** The length that is announced takes no memory before the bytes are there. */
const MESSAGE_BYTES_AT_FIRST = 512;

const NO_NAMES: readonly string[] = [];

/** Reads one ClientHello. Make a new one for the next connection. */
export class ClientHelloReader {
  /** Set when `take` has said `HELLO_WHOLE`. */
  hello: ClientHello | null = null;
  #verdict = HELLO_PARTIAL;
  /** Bytes taken, with record headers. */
  #taken = 0;
  /** Of the current record's header. */
  #headerTaken = 0;
  #fragmentLeft = 0;
  /** Of the message, with its own header. */
  #messageTaken = 0;
  #messageLength = 0;
  /** The message so far, when it did not come whole in one record and one piece. */
  #message: ByteWriter | null = null;

  /** So much has been seen that nothing but TLS begins like this. */
  get begun(): boolean {
    return this.#messageTaken > 0 && this.#verdict !== HELLO_NONE;
  }

  /** What the bytes so far are: HELLO_ constants. What comes after a verdict is not looked at. */
  take(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#verdict === HELLO_PARTIAL) {
      at =
        this.#headerTaken < RECORD_HEADER_BYTES
          ? this.#takeHeader(bytes[at] as number, at)
          : this.#takeFragment(bytes, at, end);
    }
    return this.#verdict;
  }

  #takeHeader(byte: number, at: number): number {
    const index = this.#headerTaken++;
    this.#taken += 1;
    if (index === 0) this.#require(byte === TLS_HANDSHAKE);
    else if (index === 1) this.#require(byte === 3);
    // 3.0 is SSL 3; what RFC 8446 calls legacy is 3.1 or 3.3, and 3.4 may be forgiven.
    else if (index === 2) this.#require(byte <= 4);
    else if (index === 3) this.#fragmentLeft = byte << 8;
    else {
      this.#fragmentLeft += byte;
      // Empty fragments of a handshake are forbidden, section 5.1.
      this.#require(this.#fragmentLeft > 0 && this.#fragmentLeft <= FRAGMENT_BYTES_MAX);
    }
    this.#requireRoom();
    return at + 1;
  }

  #takeFragment(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    const roomBytes = CLIENT_HELLO_BYTES_MAX - this.#taken;
    const limit = Math.min(end, start + Math.min(this.#fragmentLeft, roomBytes));
    while (at < limit && this.#messageTaken < HANDSHAKE_HEADER_BYTES) {
      this.#takeMessageHeader(bytes[at++] as number);
      if (this.#verdict !== HELLO_PARTIAL) return at;
    }
    const missing = this.#messageLength - (this.#messageTaken - HANDSHAKE_HEADER_BYTES);
    const upTo = this.#messageTaken < HANDSHAKE_HEADER_BYTES ? at : Math.min(limit, at + missing);
    this.#takeBody(bytes, at, upTo);
    this.#taken += upTo - start;
    this.#fragmentLeft -= upTo - start;
    if (this.#fragmentLeft === 0) this.#headerTaken = 0;
    this.#requireRoom();
    return upTo;
  }

  #takeMessageHeader(byte: number): void {
    const index = this.#messageTaken++;
    if (index === 0) this.#require(byte === CLIENT_HELLO);
    else this.#messageLength = this.#messageLength * 256 + byte;
    if (index < HANDSHAKE_HEADER_BYTES - 1) return;
    this.#require(this.#messageLength >= BODY_BYTES_MIN);
    const wholeBytes = RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES + this.#messageLength;
    if (wholeBytes > CLIENT_HELLO_BYTES_MAX) this.#fail(HELLO_TOO_LONG);
  }

  /** The message is read where it lies when it came in one piece, as most do. */
  #takeBody(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (count === 0) return;
    this.#messageTaken += count;
    const isWhole = this.#messageTaken === HANDSHAKE_HEADER_BYTES + this.#messageLength;
    if (this.#message === null && isWhole) {
      this.#finish(bytes, start, end);
      return;
    }
    this.#message ??= new ByteWriter(Math.max(count, MESSAGE_BYTES_AT_FIRST));
    this.#message.range(bytes, start, end);
    if (!isWhole) return;
    this.#finish(this.#message.bytes, 0, this.#message.length);
    this.#message = null;
  }

  #finish(bytes: Uint8Array, start: number, end: number): void {
    this.hello = readBody(bytes, start, end);
    this.#verdict = this.hello === null ? HELLO_NONE : HELLO_WHOLE;
  }

  #require(holds: boolean): void {
    if (!holds) this.#fail(HELLO_NONE);
  }

  /** Records of a byte each would take six times the room of their content. */
  #requireRoom(): void {
    if (this.#taken >= CLIENT_HELLO_BYTES_MAX) this.#fail(HELLO_TOO_LONG);
  }

  #fail(verdict: number): void {
    if (this.#verdict !== HELLO_PARTIAL) return;
    this.#verdict = verdict;
    this.#message = null;
  }
}

/** Null when it is not put together as a ClientHello must be. */
function readBody(bytes: Uint8Array, start: number, end: number): ClientHello | null {
  let at = start + 2 + 32;
  if (bytes[start] !== 3) return null;
  const sessionIdBytes = bytes[at] as number;
  if (sessionIdBytes > SESSION_ID_BYTES_MAX) return null;
  at += 1 + sessionIdBytes;
  if (at + 2 > end) return null;
  const suiteBytes = uint16(bytes, at);
  if (suiteBytes < 2 || suiteBytes % 2 !== 0) return null;
  at += 2 + suiteBytes;
  if (at >= end || bytes[at] === 0) return null;
  at += 1 + (bytes[at] as number);
  // Before TLS 1.3 there need not be any extensions.
  if (at === end) return { serverName: null, alpn: NO_NAMES };
  if (at + 2 > end || at + 2 + uint16(bytes, at) !== end) return null;
  return readExtensions(bytes, at + 2, end);
}

function readExtensions(bytes: Uint8Array, start: number, end: number): ClientHello | null {
  let serverName: string | null | undefined;
  let alpn: readonly string[] | undefined;
  let at = start;
  while (at < end) {
    if (at + 4 > end) return null;
    const type = uint16(bytes, at);
    const from = at + 4;
    at = from + uint16(bytes, at + 2);
    if (at > end) return null;
    // Two of a kind are forbidden (section 4.2): who reads the second would be told otherwise.
    if (type === EXTENSION_SERVER_NAME) {
      if (serverName !== undefined) return null;
      serverName = parseServerName(bytes, from, at);
    } else if (type === EXTENSION_ALPN) {
      if (alpn !== undefined) return null;
      alpn = readAlpn(bytes, from, at);
    }
  }
  return { serverName: serverName ?? null, alpn: alpn ?? NO_NAMES };
}

/** What is not put together as it must be says nothing; the server will refuse it. */
function readAlpn(bytes: Uint8Array, start: number, end: number): readonly string[] {
  if (start + 2 > end || start + 2 + uint16(bytes, start) !== end) return NO_NAMES;
  const names: string[] = [];
  let at = start + 2;
  while (at < end) {
    const from = at + 1;
    at = from + (bytes[at] as number);
    if (at === from || at > end) return NO_NAMES;
    if (names.length < ALPN_NAMES_MAX && !isGrease(bytes, from, at)) {
      names.push(latin1(bytes, from, at));
    }
  }
  return names;
}

/** RFC 8701: sent so that nobody learns to choke on what he does not know. */
function isGrease(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number;
  return end - start === 2 && (first & 0x0f) === 0x0a && bytes[start + 1] === first;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
