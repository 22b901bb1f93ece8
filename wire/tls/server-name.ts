/** The server_name extension (RFC 6066 section 3): which host the client believes to talk to. */
import { LOWER } from "../http1/byte-class.ts";
import { latin1 } from "../http1/latin1.ts";

/** The longest name that DNS has. */
export const SERVER_NAME_BYTES_MAX = 255;

const LABEL_BYTES_MAX = 63;
const HOST_NAME = 0;
const DOT = 0x2e;
const HYPHEN = 0x2d;
const UNDERSCORE = 0x5f;

/**
 * The one host name of the extension's body, in lower case, without a last dot. Null when there is
 * none, more than one, or something that is not a name: logs, routes and metrics may rely on that.
 */
export function parseServerName(bytes: Uint8Array, start: number, end: number): string | null {
  const listBytes = end - start - 2;
  if (listBytes < 0 || (((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0)) !== listBytes) {
    return null;
  }
  let name: string | null = null;
  let at = start + 2;
  while (at < end) {
    if (at + 3 > end) return null;
    const type = bytes[at];
    const from = at + 3;
    at = from + (((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0));
    if (at > end) return null;
    if (type !== HOST_NAME) continue;
    // Of each type one at most.
    if (name !== null) return null;
    name = hostName(bytes, from, at);
    if (name === null) return null;
  }
  return name;
}

function hostName(bytes: Uint8Array, start: number, end: number): string | null {
  const upTo = bytes[end - 1] === DOT ? end - 1 : end;
  if (upTo - start < 1 || upTo - start > SERVER_NAME_BYTES_MAX) return null;
  let labelStart = start;
  let isNumber = true;
  for (let at = start; at <= upTo; at += 1) {
    const byte = at === upTo ? DOT : (bytes[at] as number);
    if (byte === DOT) {
      if (at === labelStart || at - labelStart > LABEL_BYTES_MAX) return null;
      if (at === upTo) break;
      labelStart = at + 1;
      isNumber = true;
    } else if (!isDigit(byte)) {
      if (!isNamePart(byte)) return null;
      isNumber = false;
    }
  }
  // An IPv4 address: forbidden here, and no name ends in a number.
  return isNumber ? null : latin1(bytes, start, upTo).toLowerCase();
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Letters, and what names of machines have besides, by rule or by habit. */
function isNamePart(byte: number): boolean {
  const lower = LOWER[byte] as number;
  return (lower >= 0x61 && lower <= 0x7a) || byte === HYPHEN || byte === UNDERSCORE;
}
