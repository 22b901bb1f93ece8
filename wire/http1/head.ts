/**
 * A parsed head: no strings, only positions in the bytes that carried it. One `Head` serves a
 * connection for ever, so that a request costs no object. Everybody but the codec only reads it.
 *
 * The bytes are borrowed: they are valid until the call that delivered the head returns. Who
 * needs them longer calls `keep()` before that.
 */
import type { FieldName } from "./field-name.ts";
import { latin1 } from "./latin1.ts";
import { METHOD_OTHER, methodText } from "./method.ts";

export const ROLE_REQUEST = 0;
export const ROLE_RESPONSE = 1;
export const ROLE_TRAILERS = 2;

/** `/path?query` */
export const TARGET_ORIGIN = 0;
/** `http://authority/path?query` */
export const TARGET_ABSOLUTE = 1;
/** `host:port`, for CONNECT alone. */
export const TARGET_AUTHORITY = 2;
/** `*`, for OPTIONS alone. */
export const TARGET_ASTERISK = 3;

export const BODY_NONE = 0;
/** As many bytes as `contentLength` says. */
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
/** A response that ends with its connection. */
export const BODY_UNTIL_CLOSE = 3;
/** Raw bytes in both directions: CONNECT, or 101. */
export const BODY_TUNNEL = 4;

/** The connection may carry another message after this one. */
export const HEAD_KEEP_ALIVE = 1 << 0;
/** Connection names `upgrade`, and Upgrade names a protocol that we let through. */
export const HEAD_UPGRADE = 1 << 1;
/** Expect: 100-continue, from a client that speaks HTTP/1.1. */
export const HEAD_EXPECT_CONTINUE = 1 << 2;
/** TE says that trailers are welcome. */
export const HEAD_TE_TRAILERS = 1 << 3;
/** At least one field ends at this hop. */
export const HEAD_HOP_BY_HOP = 1 << 4;
/** At least one field whose name begins with `heddle-`. */
export const HEAD_HEDDLE = 1 << 5;
/** Trailer fields that may not be trailers were dropped from view. */
export const HEAD_TRAILERS_DROPPED = 1 << 6;
/** The first line does not say HTTP/1.1, or is odd: it cannot be forwarded as it is. */
export const HEAD_ODD_FIRST_LINE = 1 << 7;
/** Connection names `close`. */
export const HEAD_CONNECTION_CLOSE = 1 << 8;
/** Connection names `keep-alive`. */
export const HEAD_CONNECTION_KEEP_ALIVE = 1 << 9;
/** Connection names `upgrade`. */
export const HEAD_CONNECTION_UPGRADE = 1 << 10;
/** Connection names fields of its own. */
export const HEAD_CONNECTION_LISTS = 1 << 11;
/** Transfer-Encoding ends in `chunked`. */
export const HEAD_CHUNKED = 1 << 12;
/** Upgrade names h2c, which would carry requests past every rule: never let through. */
export const HEAD_UPGRADE_H2C = 1 << 13;

/** Numbers per field in `positions`. */
export const FIELD_STRIDE = 4;
export const NAME_START = 0;
export const NAME_END = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;

const FIELDS_AT_FIRST = 24;
const STORAGE_KEPT_BYTES_MAX = 4_096;
const STORAGE_BYTES_AT_FIRST = 1_024;
const STORAGE_STEP_BYTES = 256;
const EMPTY = new Uint8Array(0);

// Works on any Uint8Array, and unlike `set` makes no view of the range.
const copy = Buffer.prototype.copy;

export class Head {
  bytes: Uint8Array = EMPTY;
  start = 0;
  /** After the empty line that ends the head. */
  end = 0;

  fieldCount = 0;
  /** Four numbers per field, absolute in `bytes`; the value is without white space around it. */
  positions: Int32Array = new Int32Array(FIELDS_AT_FIRST * FIELD_STRIDE);
  /** What each field is to the codec: the FIELD_ constants. */
  kinds: Uint8Array = new Uint8Array(FIELDS_AT_FIRST);

  /** HEAD_ bits. */
  flags = 0;
  /** 0 for HTTP/1.0, 1 for anything later. */
  versionMinor = 1;
  bodyKind = BODY_NONE;
  /** -1 when there is none. */
  contentLength = -1;

  methodCode = METHOD_OTHER;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  targetForm = TARGET_ORIGIN;
  /** The path without its query; in absolute-form possibly empty, which means `/`. */
  pathStart = 0;
  pathEnd = 0;
  /** In absolute-form and authority-form; -1 in the others. */
  authorityStart = -1;
  authorityEnd = -1;

  /** 0 in a request. */
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;

  /** Field indexes, -1 when absent. */
  hostIndex = -1;
  contentLengthIndex = -1;
  transferEncodingIndex = -1;
  connectionIndex = -1;
  upgradeIndex = -1;
  /** `timeout` of a Keep-Alive field, -1 when it gives none. */
  keepAliveTimeoutS = -1;

  /** ROLE_ constant. The rest is the codec's own. */
  role: number;
  /** Names in Connection that are not options: bounded, because each is looked up. */
  connectionNameCount = 0;
  /** Whether the first line has been read; always so for trailers. */
  firstLineRead = false;
  /** Start of the first line that has not been read. */
  parsedTo = 0;
  storage: Uint8Array = EMPTY;
  storedBytes = 0;

  constructor(role: number) {
    this.role = role;
  }

  get keepAlive(): boolean {
    return (this.flags & HEAD_KEEP_ALIVE) !== 0;
  }

  get upgrade(): boolean {
    return (this.flags & HEAD_UPGRADE) !== 0;
  }

  get expectContinue(): boolean {
    return (this.flags & HEAD_EXPECT_CONTINUE) !== 0;
  }

  get hasHeddle(): boolean {
    return (this.flags & HEAD_HEDDLE) !== 0;
  }

  /** The index of the first field of that name at or after `from`, or -1. */
  find(name: FieldName, from = 0): number {
    const { bytes, positions, fieldCount } = this;
    const length = name.bytes.length;
    for (let index = from; index < fieldCount; index++) {
      const at = index * FIELD_STRIDE;
      const nameStart = positions[at]!;
      const nameEnd = positions[at + NAME_END]!;
      if (nameEnd - nameStart === length && name.equals(bytes, nameStart, nameEnd)) return index;
    }
    return -1;
  }

  valueStart(index: number): number {
    return this.positions[index * FIELD_STRIDE + VALUE_START]!;
  }

  valueEnd(index: number): number {
    return this.positions[index * FIELD_STRIDE + VALUE_END]!;
  }

  /** One character per byte. */
  nameText(index: number): string {
    const at = index * FIELD_STRIDE;
    return latin1(this.bytes, this.positions[at]!, this.positions[at + NAME_END]!);
  }

  /** One character per byte. */
  valueText(index: number): string {
    return latin1(this.bytes, this.valueStart(index), this.valueEnd(index));
  }

  /** The first value of that name, or undefined. */
  textOf(name: FieldName): string | undefined {
    const index = this.find(name);
    return index === -1 ? undefined : this.valueText(index);
  }

  methodText(): string {
    const known = methodText(this.methodCode);
    return known === "" ? latin1(this.bytes, this.start, this.methodEnd) : known;
  }

  targetText(): string {
    return latin1(this.bytes, this.targetStart, this.targetEnd);
  }

  /** Without the query; `/` where an absolute-form target has none. */
  pathText(): string {
    const text = latin1(this.bytes, this.pathStart, this.pathEnd);
    return text === "" && this.targetForm === TARGET_ABSOLUTE ? "/" : text;
  }

  reasonText(): string {
    return latin1(this.bytes, this.reasonStart, this.reasonEnd);
  }

  /** Who was asked for: the target's authority if it has one, else Host, else empty. */
  authorityText(): string {
    if (this.authorityStart !== -1) {
      return latin1(this.bytes, this.authorityStart, this.authorityEnd);
    }
    return this.hostIndex === -1 ? "" : this.valueText(this.hostIndex);
  }

  /**
   * Makes the head its own owner of its bytes, so that it stays valid until the decoder is told
   * `next()`. Does nothing when it is already.
   */
  keep(): void {
    if (this.bytes !== this.storage) this.moveToStorage(this.end);
  }

  /** One with the same content that owns its bytes, whatever becomes of this one. */
  copy(): Head {
    const made = new Head(this.role);
    const { positions, kinds, fieldCount } = this;
    Object.assign(made, this);
    made.positions = positions.slice(0, Math.max(1, fieldCount) * FIELD_STRIDE);
    made.kinds = kinds.slice(0, Math.max(1, fieldCount));
    made.storage = EMPTY;
    made.storedBytes = 0;
    made.moveToStorage(this.end);
    return made;
  }

  /** Begins a new head at `start` in borrowed bytes. For the decoder. */
  begin(bytes: Uint8Array, start: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = start;
    this.parsedTo = start;
    this.fieldCount = 0;
    this.flags = 0;
    this.bodyKind = BODY_NONE;
    this.contentLength = -1;
    this.authorityStart = -1;
    this.authorityEnd = -1;
    this.status = 0;
    this.hostIndex = -1;
    this.contentLengthIndex = -1;
    this.transferEncodingIndex = -1;
    this.connectionIndex = -1;
    this.upgradeIndex = -1;
    this.keepAliveTimeoutS = -1;
    this.connectionNameCount = 0;
    this.firstLineRead = this.role === ROLE_TRAILERS;
    this.storedBytes = 0;
    if (this.storage.length > STORAGE_KEPT_BYTES_MAX) this.storage = EMPTY;
  }

  /** Makes room for at least one more field than there are. For the decoder. */
  growFields(): void {
    const positions = new Int32Array(this.positions.length * 2);
    positions.set(this.positions);
    this.positions = positions;
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
  }

  /** Copies the borrowed bytes up to `end` and moves every position along. For the decoder. */
  moveToStorage(end: number): void {
    const { start } = this;
    const byteCount = end - start;
    // In steps, so that heads of about the same size settle on one buffer.
    this.#growStorage(byteCount, Math.ceil(byteCount / STORAGE_STEP_BYTES) * STORAGE_STEP_BYTES);
    copy.call(this.bytes, this.storage, 0, start, end);
    this.storedBytes = byteCount;
    this.bytes = this.storage;
    this.start = 0;
    this.end -= start;
    this.parsedTo -= start;
    this.methodEnd -= start;
    this.targetStart -= start;
    this.targetEnd -= start;
    this.pathStart -= start;
    this.pathEnd -= start;
    this.reasonStart -= start;
    this.reasonEnd -= start;
    if (this.authorityStart !== -1) {
      this.authorityStart -= start;
      this.authorityEnd -= start;
    }
    const { positions } = this;
    const used = this.fieldCount * FIELD_STRIDE;
    for (let index = 0; index < used; index++) positions[index] = positions[index]! - start;
  }

  /**
   * Copies bytes to the storage until a line is complete, the bytes end, or the storage holds
   * `bytesMax`. Gives the position after the last byte taken. For the decoder.
   */
  takeLine(bytes: Uint8Array, from: number, end: number, bytesMax: number): number {
    let at = from;
    while (at < end && this.storedBytes < bytesMax) {
      if (this.storedBytes === this.storage.length) this.#growStorage(1, bytesMax);
      const { storage } = this;
      const stop = Math.min(end, at + Math.min(storage.length, bytesMax) - this.storedBytes);
      let length = this.storedBytes;
      let byte = 0;
      while (at < stop && byte !== 0x0a) {
        byte = bytes[at++]!;
        storage[length++] = byte;
      }
      this.storedBytes = length;
      if (byte === 0x0a) break;
    }
    return at;
  }

  #growStorage(byteCount: number, bytesMax: number): void {
    const needed = this.storedBytes + byteCount;
    if (needed <= this.storage.length) return;
    const doubled = Math.max(needed, this.storage.length * 2, STORAGE_BYTES_AT_FIRST);
    const grown = new Uint8Array(Math.max(needed, Math.min(doubled, bytesMax)));
    grown.set(this.storage.subarray(0, this.storedBytes));
    if (this.bytes === this.storage) this.bytes = grown;
    this.storage = grown;
  }
}
