/** `method SP request-target SP HTTP-version CRLF` (RFC 9112 section 3), strictly that. */
import { COLON, CR, equalsLower, LF, SP, TARGET, TOKEN } from "./byte-class.ts";
import {
  HEAD_ODD_FIRST_LINE,
  type Head,
  TARGET_ABSOLUTE,
  TARGET_ASTERISK,
  TARGET_AUTHORITY,
  TARGET_ORIGIN,
} from "./head.ts";
import { isHost, isHostAndPort } from "./host.ts";
import { failure, INCOMPLETE } from "./http1-error.ts";
import { METHOD_BYTES_MAX } from "./limits.ts";
import { failLine } from "./line-failure.ts";
import { METHOD_CONNECT, METHOD_OPTIONS, methodCodeAt } from "./method.ts";

const BAD_REQUEST_LINE = failure("bad-request-line");
const BAD_METHOD = failure("bad-method");
const BAD_TARGET = failure("bad-target");
const TARGET_TOO_LONG = failure("target-too-long");
const BAD_VERSION = failure("bad-version");
const UNSUPPORTED_VERSION = failure("unsupported-version");
const BARE_LF = failure("bare-lf");
const BARE_CR = failure("bare-cr");

const QUERY = 0x3f;
const SLASH = 0x2f;
const HTTP_SCHEME = Uint8Array.from(Buffer.from("http://"));
const HTTPS_SCHEME = Uint8Array.from(Buffer.from("https://"));

/** Gives the position after the line, INCOMPLETE, or a failure. */
export function parseRequestLine(
  head: Head,
  from: number,
  limit: number,
  targetBytesMax: number,
): number {
  const { bytes } = head;
  let at = from;
  while (at < limit && TOKEN[bytes[at]!] === 1) at++;
  if (at >= limit) return INCOMPLETE;
  if (bytes[at] !== SP || at === from) return failLine(bytes, at, limit, BAD_REQUEST_LINE);
  if (at - from > METHOD_BYTES_MAX) return failLine(bytes, at, limit, BAD_METHOD);
  head.methodEnd = at;
  head.methodCode = methodCodeAt(bytes, from, at);
  const targetStart = ++at;
  let pathEnd = -1;
  while (at < limit) {
    const byte = bytes[at]!;
    if (TARGET[byte] !== 1) break;
    if (byte === QUERY && pathEnd === -1) pathEnd = at;
    at++;
  }
  if (at >= limit) return INCOMPLETE;
  if (bytes[at] !== SP || at === targetStart) {
    return failLine(bytes, at, limit, bytes[at] === CR ? BAD_REQUEST_LINE : BAD_TARGET);
  }
  head.targetStart = targetStart;
  head.targetEnd = at;
  head.pathEnd = pathEnd === -1 ? at : pathEnd;
  if (at - targetStart > targetBytesMax) return failLine(bytes, at, limit, TARGET_TOO_LONG);
  const after = parseVersion(head, at + 1, limit);
  if (after < 0) return after;
  return settleTarget(head) ? after : BAD_TARGET;
}

/** `HTTP/1.0` or `HTTP/1.1` and CRLF; a later minor version is read as 1.1 (section 2.3). */
function parseVersion(head: Head, at: number, limit: number): number {
  const { bytes } = head;
  if (at + 10 > limit) return failLine(bytes, at, limit, versionFailure(bytes, at, limit));
  if (!startsWithHttp(bytes, at) || bytes[at + 6] !== 0x2e || bytes[at + 8] !== CR) {
    return failLine(bytes, at, limit, versionFailure(bytes, at, limit));
  }
  const major = bytes[at + 5]! - 0x30;
  const minor = bytes[at + 7]! - 0x30;
  if (major < 0 || major > 9 || minor < 0 || minor > 9) {
    return failLine(bytes, at, limit, BAD_VERSION);
  }
  if (bytes[at + 9] !== LF) return failLine(bytes, at, limit, BARE_CR);
  if (major !== 1) return UNSUPPORTED_VERSION;
  head.versionMinor = minor === 0 ? 0 : 1;
  if (minor !== 1) head.flags |= HEAD_ODD_FIRST_LINE;
  return at + 10;
}

export function startsWithHttp(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === SLASH
  );
}

function versionFailure(bytes: Uint8Array, at: number, limit: number): number {
  let end = at;
  while (end < limit && bytes[end] !== LF) end++;
  if (end === at + 8 && startsWithHttp(bytes, at) && bytes[at + 6] === 0x2e) return BARE_LF;
  return BAD_VERSION;
}

/** Which of the four forms it is (section 3.2), and where its parts are. */
function settleTarget(head: Head): boolean {
  const { bytes, targetStart, targetEnd } = head;
  if (head.methodCode === METHOD_CONNECT) {
    head.targetForm = TARGET_AUTHORITY;
    head.authorityStart = targetStart;
    head.authorityEnd = targetEnd;
    head.pathStart = targetEnd;
    head.pathEnd = targetEnd;
    return isHostAndPort(bytes, targetStart, targetEnd);
  }
  head.pathStart = targetStart;
  if (bytes[targetStart] === SLASH) {
    head.targetForm = TARGET_ORIGIN;
    return true;
  }
  if (bytes[targetStart] === 0x2a && targetEnd === targetStart + 1) {
    head.targetForm = TARGET_ASTERISK;
    return head.methodCode === METHOD_OPTIONS;
  }
  return settleAbsolute(head);
}

function settleAbsolute(head: Head): boolean {
  const { bytes, targetStart, targetEnd } = head;
  const authorityStart = afterScheme(bytes, targetStart, targetEnd);
  if (authorityStart === -1) return false;
  let at = authorityStart;
  while (at < targetEnd && bytes[at] !== SLASH && bytes[at] !== QUERY) at++;
  head.targetForm = TARGET_ABSOLUTE;
  head.authorityStart = authorityStart;
  head.authorityEnd = at;
  head.pathStart = at;
  // An http URI without a host is invalid, and so is one with userinfo here (RFC 9110, 4.2).
  if (at === authorityStart || bytes[authorityStart] === COLON) return false;
  return isHost(bytes, authorityStart, at);
}

function afterScheme(bytes: Uint8Array, start: number, end: number): number {
  const plainEnd = start + HTTP_SCHEME.length;
  if (plainEnd <= end && equalsLower(bytes, start, plainEnd, HTTP_SCHEME)) return plainEnd;
  const secureEnd = start + HTTPS_SCHEME.length;
  if (secureEnd <= end && equalsLower(bytes, start, secureEnd, HTTPS_SCHEME)) return secureEnd;
  return -1;
}
