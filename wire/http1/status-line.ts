/**
 * `HTTP-version SP status-code SP [ reason-phrase ] CRLF` (RFC 9112 section 4). The space before
 * an absent reason is missing so often that it is not asked for.
 */
import { CR, LF, SP, VALUE } from "./byte-class.ts";
import { HEAD_ODD_FIRST_LINE, type Head } from "./head.ts";
import { failure, INCOMPLETE } from "./http1-error.ts";
import { failLine } from "./line-failure.ts";
import { startsWithHttp } from "./request-line.ts";

const BAD_STATUS_LINE = failure("bad-status-line");
const UNSUPPORTED_VERSION = failure("unsupported-version");
const BARE_LF = failure("bare-lf");
const BARE_CR = failure("bare-cr");

/** `HTTP/1.1 200` */
const UP_TO_STATUS_BYTES = 12;

/** Gives the position after the line, INCOMPLETE, or a failure. */
export function parseStatusLine(head: Head, from: number, limit: number): number {
  const { bytes } = head;
  let at = from + UP_TO_STATUS_BYTES;
  if (at >= limit || !startsWithHttp(bytes, from)) {
    return failLine(bytes, from, limit, BAD_STATUS_LINE);
  }
  const major = bytes[from + 5]! - 0x30;
  const minor = bytes[from + 7]! - 0x30;
  const status = statusAt(bytes, from + 9);
  const shaped = bytes[from + 6] === 0x2e && bytes[from + 8] === SP;
  if (!shaped || status === -1 || major < 0 || major > 9 || minor < 0 || minor > 9) {
    return failLine(bytes, from, limit, BAD_STATUS_LINE);
  }
  if (major !== 1) return failLine(bytes, from, limit, UNSUPPORTED_VERSION);
  head.versionMinor = minor === 0 ? 0 : 1;
  if (minor !== 1) head.flags |= HEAD_ODD_FIRST_LINE;
  head.status = status;
  if (bytes[at] === SP) {
    at++;
    head.reasonStart = at;
    while (at < limit && VALUE[bytes[at]!] === 1) at++;
  } else {
    head.reasonStart = at;
    head.flags |= HEAD_ODD_FIRST_LINE;
  }
  head.reasonEnd = at;
  if (at >= limit) return INCOMPLETE;
  if (bytes[at] !== CR) {
    return failLine(bytes, at, limit, bytes[at] === LF ? BARE_LF : BAD_STATUS_LINE);
  }
  if (at + 1 >= limit) return INCOMPLETE;
  return bytes[at + 1] === LF ? at + 2 : failLine(bytes, at, limit, BARE_CR);
}

/** Three digits, 100 to 999: above 599 is treated as 5xx, but odd servers use it (RFC 9110, 15). */
function statusAt(bytes: Uint8Array, at: number): number {
  const hundreds = bytes[at]! - 0x30;
  const tens = bytes[at + 1]! - 0x30;
  const ones = bytes[at + 2]! - 0x30;
  if (hundreds < 1 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
  return hundreds * 100 + tens * 10 + ones;
}
