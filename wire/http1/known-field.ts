/**
 * What the fields that the codec must understand say, noted while the head is read, so that a
 * wrong one is refused at its own line. All of them together are judged in framing.ts.
 */
import { COMMA, equalsLower, HTAB, SP, TOKEN } from "./byte-class.ts";
import {
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_EXPECT,
  FIELD_HEDDLE,
  FIELD_HOST,
  FIELD_KEEP_ALIVE,
  FIELD_PROXY_CONNECTION,
  FIELD_TE,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
} from "./field-name.ts";
import type { Head } from "./head.ts";
import * as bits from "./head.ts";
import { isHost } from "./host.ts";
import { failure } from "./http1-error.ts";
import { CONNECTION_NAMES_MAX } from "./limits.ts";

const DUPLICATE_HOST = failure("duplicate-host");
const BAD_HOST = failure("bad-host");
const DUPLICATE_CONTENT_LENGTH = failure("duplicate-content-length");
const BAD_CONTENT_LENGTH = failure("bad-content-length");
const AMBIGUOUS_LENGTH = failure("ambiguous-length");
const BAD_TRANSFER_ENCODING = failure("bad-transfer-encoding");
const UNSUPPORTED_CODING = failure("unsupported-coding");
const CODING_IN_OLD_VERSION = failure("coding-in-old-version");
const TOO_MANY_CONNECTION_NAMES = failure("too-many-connection-names");

const CHUNKED = ascii("chunked");
const CLOSE = ascii("close");
const KEEP_ALIVE = ascii("keep-alive");
const UPGRADE = ascii("upgrade");
const TE = ascii("te");
const H2C = ascii("h2c");
const TRAILERS = ascii("trailers");
const CONTINUE = ascii("100-continue");
const TIMEOUT = ascii("timeout=");

function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}

/** Gives 0, or the failure that the field is. */
export function noteField(head: Head, kind: number, index: number): number {
  if (head.role === bits.ROLE_TRAILERS) return 0;
  switch (kind) {
    case FIELD_HOST:
      return noteHost(head, index);
    case FIELD_CONTENT_LENGTH:
      return noteContentLength(head, index);
    case FIELD_TRANSFER_ENCODING:
      return noteTransferEncoding(head, index);
    case FIELD_CONNECTION:
      return noteConnection(head, index);
    case FIELD_KEEP_ALIVE:
      head.flags |= bits.HEAD_HOP_BY_HOP;
      noteKeepAlive(head, index);
      return 0;
    case FIELD_PROXY_CONNECTION:
      head.flags |= bits.HEAD_HOP_BY_HOP;
      return 0;
    case FIELD_TE:
      head.flags |= bits.HEAD_HOP_BY_HOP;
      if (hasElement(head, index, TRAILERS)) head.flags |= bits.HEAD_TE_TRAILERS;
      return 0;
    case FIELD_UPGRADE:
      head.flags |= bits.HEAD_HOP_BY_HOP;
      head.upgradeIndex = index;
      if (hasElement(head, index, H2C)) head.flags |= bits.HEAD_UPGRADE_H2C;
      return 0;
    case FIELD_EXPECT:
      noteExpect(head, index);
      return 0;
    case FIELD_HEDDLE:
      head.flags |= bits.HEAD_HEDDLE;
      return 0;
    default:
      return 0;
  }
}

function noteHost(head: Head, index: number): number {
  if (head.role !== bits.ROLE_REQUEST) return 0;
  if (head.hostIndex !== -1) return DUPLICATE_HOST;
  head.hostIndex = index;
  return isHost(head.bytes, head.valueStart(index), head.valueEnd(index)) ? 0 : BAD_HOST;
}

/** 1xx and 204 have no content and may not have framing fields; some servers send them anyway. */
function ignoresFraming(head: Head): boolean {
  return head.role === bits.ROLE_RESPONSE && (head.status < 200 || head.status === 204);
}

function noteContentLength(head: Head, index: number): number {
  if (ignoresFraming(head)) return 0;
  if (head.contentLengthIndex !== -1) return DUPLICATE_CONTENT_LENGTH;
  if (head.transferEncodingIndex !== -1) return AMBIGUOUS_LENGTH;
  head.contentLengthIndex = index;
  const length = decimalAt(head.bytes, head.valueStart(index), head.valueEnd(index));
  head.contentLength = length;
  return length === -1 ? BAD_CONTENT_LENGTH : 0;
}

/** Digits and nothing else; -1 for anything else, and for what a number cannot hold exactly. */
function decimalAt(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return -1;
  }
  return value;
}

/**
 * `chunked`, once, and nothing beside it: any other coding is unknown to us, and `chunked`
 * anywhere but at the end makes the length of the message a matter of opinion.
 */
function noteTransferEncoding(head: Head, index: number): number {
  head.flags |= bits.HEAD_HOP_BY_HOP;
  if (ignoresFraming(head)) return 0;
  if (head.versionMinor === 0) return CODING_IN_OLD_VERSION;
  if (head.contentLengthIndex !== -1) return AMBIGUOUS_LENGTH;
  if (head.transferEncodingIndex !== -1) return BAD_TRANSFER_ENCODING;
  head.transferEncodingIndex = index;
  head.flags |= bits.HEAD_CHUNKED;
  const { bytes } = head;
  const start = head.valueStart(index);
  const end = head.valueEnd(index);
  if (equalsLower(bytes, start, end, CHUNKED)) return 0;
  // A list that begins with chunked cannot end in one chunked alone.
  const first = elementEnd(bytes, start, end);
  if (first === start || TOKEN[bytes[start]!] !== 1) return BAD_TRANSFER_ENCODING;
  if (startsWithToken(bytes, start, first, CHUNKED)) return BAD_TRANSFER_ENCODING;
  return UNSUPPORTED_CODING;
}

function startsWithToken(
  bytes: Uint8Array,
  start: number,
  end: number,
  token: Uint8Array,
): boolean {
  const tokenEnd = start + token.length;
  if (tokenEnd > end || !equalsLower(bytes, start, tokenEnd, token)) return false;
  return tokenEnd === end || TOKEN[bytes[tokenEnd]!] !== 1;
}

function noteConnection(head: Head, index: number): number {
  head.connectionIndex = index;
  head.flags |= bits.HEAD_HOP_BY_HOP;
  const { bytes } = head;
  const end = head.valueEnd(index);
  let at = head.valueStart(index);
  while (at < end) {
    const stop = elementEnd(bytes, at, end);
    const last = trimEnd(bytes, at, stop);
    const option = connectionOption(bytes, at, last);
    head.flags |= option;
    if (
      option === bits.HEAD_CONNECTION_LISTS &&
      ++head.connectionNameCount > CONNECTION_NAMES_MAX
    ) {
      return TOO_MANY_CONNECTION_NAMES;
    }
    at = skipBlanks(bytes, stop + 1, end);
  }
  return 0;
}

/** The flag of one element of Connection; TE and empty elements have none. */
export function connectionOption(bytes: Uint8Array, start: number, end: number): number {
  if (equalsLower(bytes, start, end, KEEP_ALIVE)) return bits.HEAD_CONNECTION_KEEP_ALIVE;
  if (equalsLower(bytes, start, end, CLOSE)) return bits.HEAD_CONNECTION_CLOSE;
  if (equalsLower(bytes, start, end, UPGRADE)) return bits.HEAD_CONNECTION_UPGRADE;
  if (start === end || equalsLower(bytes, start, end, TE)) return 0;
  return bits.HEAD_CONNECTION_LISTS;
}

/** Several parameters may stand there; only `timeout` matters, and a nonsense one does not. */
function noteKeepAlive(head: Head, index: number): void {
  const { bytes } = head;
  const end = head.valueEnd(index);
  let at = head.valueStart(index);
  while (at < end) {
    const stop = elementEnd(bytes, at, end);
    const digits = at + TIMEOUT.length;
    if (digits < stop && equalsLower(bytes, at, digits, TIMEOUT)) {
      head.keepAliveTimeoutS = decimalAt(bytes, digits, trimEnd(bytes, digits, stop));
    }
    at = skipBlanks(bytes, stop + 1, end);
  }
}

function noteExpect(head: Head, index: number): void {
  if (head.role !== bits.ROLE_REQUEST) return;
  const known = equalsLower(head.bytes, head.valueStart(index), head.valueEnd(index), CONTINUE);
  // A client of HTTP/1.0 cannot mean it (RFC 9110 section 10.1.1).
  if (known && head.versionMinor === 1) head.flags |= bits.HEAD_EXPECT_CONTINUE;
}

/** Whether the list has the token, with or without parameters, in any case. */
function hasElement(head: Head, index: number, token: Uint8Array): boolean {
  const { bytes } = head;
  const end = head.valueEnd(index);
  let at = head.valueStart(index);
  while (at < end) {
    const stop = elementEnd(bytes, at, end);
    if (startsWithToken(bytes, at, stop, token)) return true;
    at = skipBlanks(bytes, stop + 1, end);
  }
  return false;
}

/** The comma that ends the list element at `at`, or the end of the list. */
export function elementEnd(bytes: Uint8Array, at: number, end: number): number {
  let stop = at;
  while (stop < end && bytes[stop] !== COMMA) stop++;
  return stop;
}

export function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
  return at;
}

export function trimEnd(bytes: Uint8Array, start: number, from: number): number {
  let end = from;
  while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
  return end;
}
