/**
 * One text for one value, however it was put together: revisions are made from it, and two replicas
 * must come to the same one. Keys are sorted by code unit and white space is left out.
 */
import { createHash } from "node:crypto";

/** What the encoding takes. Fields that are undefined are no fields. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Deeper values are a defect: what we encode has a fixed shape. */
const DEPTH_MAX = 64;

/**
 * Throws on what JSON cannot say: infinite numbers, functions, undefined in a list, objects with a
 * class. Takes `unknown` because the interfaces that we encode have no index signature.
 */
export function encodeCanonical(value: unknown): string {
  return encode(value, 0);
}

/** 128 bits of SHA-256 as 32 hexadecimal digits: no two texts will ever share one by accident. */
export function revisionOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 32);
}

function encode(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX) throw new TypeError(`deeper than ${DEPTH_MAX} levels`);
  switch (typeof value) {
    case "string":
      // A lone surrogate is not the same text everywhere: every encoder replaces it in its own way.
      return JSON.stringify(value.toWellFormed());
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical text`);
      // Also makes one of 0 and -0. The shortest text that reads back is the same in any engine.
      return String(value === 0 ? 0 : value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? encodeList(value, depth) : encodeObject(value, depth);
    default:
      throw new TypeError(`a ${typeof value} has no canonical text`);
  }
}

function encodeList(list: readonly unknown[], depth: number): string {
  let text = "[";
  for (let index = 0; index < list.length; index += 1) {
    if (index > 0) text += ",";
    text += encode(list[index], depth + 1);
  }
  return `${text}]`;
}

function encodeObject(object: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError("only plain objects have a canonical text");
  }
  const fields: string[] = [];
  for (const [key, value] of Object.entries(object).sort(byKey)) {
    if (value !== undefined) {
      fields.push(`${JSON.stringify(key.toWellFormed())}:${encode(value, depth + 1)}`);
    }
  }
  return `{${fields.join(",")}}`;
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
