/**
 * One text for one value, whoever encodes it: keys in order, no spaces, nothing that JSON cannot
 * carry. Hashes of it name revisions, so two replicas that compile the same objects agree.
 */
import { createHash } from "node:crypto";

/** Deeper values are a defect of the caller: everything encoded here has been bounded before. */
export const CANONICAL_DEPTH_MAX = 100;

/**
 * Keys sorted by UTF-16 code unit; properties that are undefined are left out. Throws on what has
 * no exact JSON: other undefined values, functions, symbols, bigints, numbers not finite.
 */
export function canonicalJson(value: unknown): string {
  return encode(value, 0);
}

function encode(value: unknown, depth: number): string {
  if (depth > CANONICAL_DEPTH_MAX) throw new TypeError("the value is nested too deep");
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON`);
      // -0 and 0 are one number to whoever reads it.
      return String(value === 0 ? 0 : value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? encodeArray(value, depth) : encodeObject(value, depth);
    default:
      throw new TypeError(`a ${typeof value} has no JSON`);
  }
}

function encodeArray(values: readonly unknown[], depth: number): string {
  let text = "[";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ",";
    text += encode(values[i], depth + 1);
  }
  return `${text}]`;
}

function encodeObject(value: object, depth: number): string {
  let text = "{";
  // A plain record read by name; what it holds is checked on the way down.
  const record = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(record).sort()) {
    const member = record[key];
    if (member === undefined) continue;
    if (text.length > 1) text += ",";
    text += `${JSON.stringify(key)}:${encode(member, depth + 1)}`;
  }
  return `${text}}`;
}

/** 128 bits of SHA-256 over the UTF-8 of the text, in lower-case hex. */
export function revisionOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 32);
}
