/**
 * What a byte may be, as tables: one load per byte is the cheapest test there is, and the grammar
 * stands in one place.
 */
export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const COMMA = 0x2c;

const ALPHA = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGIT = "0123456789";

/** tchar of RFC 9110 section 5.6.2: methods, field names, codings. */
export const TOKEN = classOf(`${ALPHA}${DIGIT}!#$%&'*+-.^_\`|~`);

/** field-content and reason-phrase: HTAB, SP, VCHAR and obs-text (RFC 9110 section 5.5). */
export const VALUE = rangeClass([0x09, 0x09], [0x20, 0x7e], [0x80, 0xff]);

/**
 * Request-target. RFC 3986 has fewer, but raw `"<>\^`{|}` and bytes above ASCII are on the wire
 * everywhere, do not touch framing, and go through as they came. Never white space, a control
 * byte, or `#`: a fragment is not part of a request-target.
 */
export const TARGET = rangeClass([0x21, 0x22], [0x24, 0x7e], [0x80, 0xff]);

/** reg-name of RFC 3986: unreserved, sub-delims and the percent sign. */
export const REG_NAME = classOf(`${ALPHA}${DIGIT}-._~!$&'()*+,;=%`);

/** Inside the brackets of an IP literal: IPv6 addresses with an embedded IPv4 one. */
export const IP_LITERAL = classOf(`${DIGIT}abcdefABCDEF:.`);

/** The value of a hexadecimal digit, 255 for any other byte. */
export const HEX = hexValues();

/** ASCII letters to lower case, all else itself. */
export const LOWER = lowerCase();

function classOf(members: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let index = 0; index < members.length; index++) table[members.charCodeAt(index)] = 1;
  return table;
}

function rangeClass(...ranges: readonly (readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [first, last] of ranges) table.fill(1, first, last + 1);
  return table;
}

function hexValues(): Uint8Array {
  const table = new Uint8Array(256).fill(255);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    table[digit.charCodeAt(0)] = value;
    table[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return table;
}

function lowerCase(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) table[byte] = byte >= 65 && byte <= 90 ? byte + 32 : byte;
  return table;
}

/** Whether `bytes` from `start` are `text`, which is in lower case, whatever their own case. */
export function equalsLower(
  bytes: Uint8Array,
  start: number,
  end: number,
  text: Uint8Array,
): boolean {
  const length = text.length;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index++) {
    if (LOWER[bytes[start + index]!] !== text[index]) return false;
  }
  return true;
}
