/**
 * The verdict on a whole head: how long its body is, and whether the connection survives it (RFC
 * 9112 sections 6.3 and 9.3). What two readers could take differently is refused, because a proxy
 * and the server behind it must never disagree about where a message ends.
 */
import { LOWER } from "./byte-class.ts";
import { FIELD_CONNECTION, FIELD_LISTED, FIELD_ORDINARY } from "./field-name.ts";
import type { Head } from "./head.ts";
import * as bits from "./head.ts";
import { failure } from "./http1-error.ts";
import { connectionOption, elementEnd, skipBlanks, trimEnd } from "./known-field.ts";
import { METHOD_CONNECT, METHOD_HEAD } from "./method.ts";

const MISSING_HOST = failure("missing-host");
const CONNECT_WITH_BODY = failure("connect-with-body");
const UNEXPECTED_UPGRADE = failure("unexpected-upgrade");

/** Gives 0, or the failure. */
export function settleRequest(head: Head): number {
  if (head.hostIndex === -1 && head.versionMinor === 1) return MISSING_HOST;
  settleConnection(head);
  if (head.methodCode === METHOD_CONNECT) {
    head.bodyKind = bits.BODY_TUNNEL;
    return head.transferEncodingIndex !== -1 || head.contentLength > 0 ? CONNECT_WITH_BODY : 0;
  }
  if (head.transferEncodingIndex !== -1) head.bodyKind = bits.BODY_CHUNKED;
  else if (head.contentLengthIndex !== -1) head.bodyKind = bits.BODY_LENGTH;
  return 0;
}

/**
 * Gives 0, or the failure. A response is framed by the request that it answers:
 * `methodCode` is its method, `upgradeAsked` whether it asked for another protocol.
 */
export function settleResponse(head: Head, methodCode: number, upgradeAsked: boolean): number {
  settleConnection(head);
  const { status } = head;
  if (status === 101) {
    head.bodyKind = bits.BODY_TUNNEL;
    if (head.upgradeIndex !== -1) head.flags |= bits.HEAD_UPGRADE;
    return upgradeAsked ? 0 : UNEXPECTED_UPGRADE;
  }
  if (status < 200 || status === 204) return 0;
  if (methodCode === METHOD_CONNECT && status < 300) head.bodyKind = bits.BODY_TUNNEL;
  else if (methodCode === METHOD_HEAD || status === 304) head.bodyKind = bits.BODY_NONE;
  else if (head.transferEncodingIndex !== -1) head.bodyKind = bits.BODY_CHUNKED;
  else if (head.contentLengthIndex !== -1) head.bodyKind = bits.BODY_LENGTH;
  else {
    head.bodyKind = bits.BODY_UNTIL_CLOSE;
    head.flags &= ~bits.HEAD_KEEP_ALIVE;
  }
  return 0;
}

function settleConnection(head: Head): void {
  const { flags } = head;
  const stays =
    head.versionMinor === 1
      ? (flags & bits.HEAD_CONNECTION_CLOSE) === 0
      : (flags & (bits.HEAD_CONNECTION_CLOSE | bits.HEAD_CONNECTION_KEEP_ALIVE)) ===
        bits.HEAD_CONNECTION_KEEP_ALIVE;
  if (stays) head.flags |= bits.HEAD_KEEP_ALIVE;
  const upgrades =
    (flags & bits.HEAD_CONNECTION_UPGRADE) !== 0 &&
    (flags & bits.HEAD_UPGRADE_H2C) === 0 &&
    head.upgradeIndex !== -1 &&
    head.versionMinor === 1;
  if (upgrades) head.flags |= bits.HEAD_UPGRADE;
  if ((flags & bits.HEAD_CONNECTION_LISTS) !== 0) markListedFields(head);
}

/** Ordinary fields that Connection names end at this hop. Those the codec knows it handles. */
function markListedFields(head: Head): void {
  const { bytes } = head;
  for (let index = head.connectionIndex; index >= 0; index--) {
    if (head.kinds[index] !== FIELD_CONNECTION) continue;
    const end = head.valueEnd(index);
    let at = head.valueStart(index);
    while (at < end) {
      const stop = elementEnd(bytes, at, end);
      const last = trimEnd(bytes, at, stop);
      if (connectionOption(bytes, at, last) === bits.HEAD_CONNECTION_LISTS) {
        markListed(head, at, last);
      }
      at = skipBlanks(bytes, stop + 1, end);
    }
  }
}

function markListed(head: Head, start: number, end: number): void {
  const { bytes, positions, kinds } = head;
  for (let index = 0; index < head.fieldCount; index++) {
    const nameStart = positions[index * bits.FIELD_STRIDE]!;
    const nameEnd = positions[index * bits.FIELD_STRIDE + bits.NAME_END]!;
    if (nameEnd - nameStart !== end - start || kinds[index] !== FIELD_ORDINARY) continue;
    if (equalsAnyCase(bytes, nameStart, start, end - start)) kinds[index] = FIELD_LISTED;
  }
}

function equalsAnyCase(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (LOWER[bytes[a + index]!] !== LOWER[bytes[b + index]!]) return false;
  }
  return true;
}
