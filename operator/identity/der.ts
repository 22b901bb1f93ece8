/**
 * Writes ASN.1 in DER (X.690), as far as certificates need it. What it cannot write it is not asked
 * for: every caller is ours, and reading is left to the runtime.
 */
import { formatTimestamp } from "../../base/timestamp.ts";

export type Der = Uint8Array;

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

export function sequence(...parts: readonly Der[]): Der {
  return value(TAG.sequence, parts);
}

/** Of one element: those of more would have to be sorted. */
export function setOf(part: Der): Der {
  return value(TAG.set, [part]);
}

export function booleanTrue(): Der {
  return value(TAG.boolean, [Uint8Array.of(0xff)]);
}

/** From the bytes of a number that is not negative, the most significant first. */
export function integer(bytes: Uint8Array): Der {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  const isNegative = ((digits[0] ?? 0) & 0x80) !== 0;
  return value(TAG.integer, isNegative ? [Uint8Array.of(0), digits] : [digits]);
}

/** Of whole bytes, unless the last has bits that do not count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Der {
  return value(TAG.bitString, [Uint8Array.of(unusedBits), bytes]);
}

export function octetString(bytes: Uint8Array): Der {
  return value(TAG.octetString, [bytes]);
}

export function utf8String(text: string): Der {
  return value(TAG.utf8String, [Buffer.from(text, "utf8")]);
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap(base128);
  return value(TAG.objectIdentifier, [Uint8Array.from(bytes)]);
}

/** To the second. RFC 5280, section 4.1.2.5: two digits of the year until 2049, then four. */
export function time(wallMs: number): Der {
  const digits = formatTimestamp(wallMs).replace(/\.\d+|\D/g, "");
  const isLate = digits.slice(0, 4) >= "2050";
  const text = `${isLate ? digits : digits.slice(2)}Z`;
  return value(isLate ? TAG.generalizedTime : TAG.utcTime, [Buffer.from(text, "latin1")]);
}

/** `[number] EXPLICIT`, or an implicit one of what is itself made of parts. */
export function contextOf(number: number, ...parts: readonly Der[]): Der {
  return value(CONTEXT | CONSTRUCTED | number, parts);
}

/** `[number] IMPLICIT` of plain bytes. */
export function contextBytes(number: number, bytes: Uint8Array): Der {
  return value(CONTEXT | number, [bytes]);
}

function value(tag: number, parts: readonly Uint8Array[]): Der {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from([tag, ...lengthBytes(length)]), ...parts]);
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return [0x80 | bytes.length, ...bytes];
}

function base128(part: number): readonly number[] {
  const bytes = [part % 128];
  for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) {
    bytes.unshift(0x80 | (left % 128));
  }
  return bytes;
}
