/** `uri-host [ ":" port ]` of RFC 9112 section 3.2, by bytes: nothing that routes may be odd. */
import { COLON, IP_LITERAL, REG_NAME } from "./byte-class.ts";

/** Whether the bytes are a host with or without a port; no bytes at all are a valid Host. */
export function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  const hostEnd = endOfHost(bytes, start, end);
  if (hostEnd === -1) return false;
  return hostEnd === end || isPort(bytes, hostEnd, end);
}

/** `host:port` with neither part empty: the target of CONNECT (RFC 9112 section 3.2.3). */
export function isHostAndPort(bytes: Uint8Array, start: number, end: number): boolean {
  const hostEnd = endOfHost(bytes, start, end);
  return hostEnd > start && end - hostEnd > 1 && isPort(bytes, hostEnd, end);
}

/** Where the host ends, or -1 when a bracket is not closed, or holds what is no address. */
function endOfHost(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  if (bytes[at] === 0x5b && at < end) {
    at++;
    while (at < end && IP_LITERAL[bytes[at]!] === 1) at++;
    return at < end && bytes[at] === 0x5d && at > start + 2 ? at + 1 : -1;
  }
  while (at < end && REG_NAME[bytes[at]!] === 1) at++;
  return at;
}

/** A colon and up to five digits; RFC 3986 allows none. */
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== COLON || end - start > 6) return false;
  for (let at = start + 1; at < end; at++) {
    if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false;
  }
  return true;
}
