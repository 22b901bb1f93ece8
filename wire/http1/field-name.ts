/**
 * Field names compiled once, so that looking one up in a head compares bytes and makes nothing.
 * The names that the codec itself must understand carry a kind, which the parser notes for every
 * field as it goes by.
 */
import { equalsLower, TOKEN } from "./byte-class.ts";

/** Any field that means nothing to the codec. */
export const FIELD_ORDINARY = 0;
export const FIELD_HOST = 1;
export const FIELD_CONTENT_LENGTH = 2;
export const FIELD_TRANSFER_ENCODING = 3;
export const FIELD_CONNECTION = 4;
export const FIELD_KEEP_ALIVE = 5;
export const FIELD_PROXY_CONNECTION = 6;
export const FIELD_TE = 7;
export const FIELD_UPGRADE = 8;
export const FIELD_EXPECT = 9;
/** A name that begins with `heddle-`. */
export const FIELD_HEDDLE = 10;
/** An ordinary field that the Connection field names: it ends at this hop. */
export const FIELD_LISTED = 11;

export class FieldName {
  /** In lower case. */
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly kind: number;

  /** Throws on what is not a token: names come from code and from checked objects. */
  constructor(text: string) {
    this.text = text.toLowerCase();
    this.bytes = Uint8Array.from(Buffer.from(this.text, "latin1"));
    if (!isFieldName(text)) throw new RangeError(`not a field name: ${JSON.stringify(text)}`);
    this.kind = KINDS.get(this.text) ?? prefixKind(this.text);
  }

  /** Whether the name in `bytes` is this one, in any case. */
  equals(bytes: Uint8Array, start: number, end: number): boolean {
    return equalsLower(bytes, start, end, this.bytes);
  }
}

export function isFieldName(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (TOKEN[text.charCodeAt(index)] !== 1) return false;
  }
  return text.length > 0;
}

const KINDS: ReadonlyMap<string, number> = new Map([
  ["host", FIELD_HOST],
  ["content-length", FIELD_CONTENT_LENGTH],
  ["transfer-encoding", FIELD_TRANSFER_ENCODING],
  ["connection", FIELD_CONNECTION],
  ["keep-alive", FIELD_KEEP_ALIVE],
  ["proxy-connection", FIELD_PROXY_CONNECTION],
  ["te", FIELD_TE],
  ["upgrade", FIELD_UPGRADE],
  ["expect", FIELD_EXPECT],
]);

function prefixKind(text: string): number {
  return text.startsWith("heddle-") ? FIELD_HEDDLE : FIELD_ORDINARY;
}

export const HOST = new FieldName("host");
export const CONTENT_LENGTH = new FieldName("content-length");
export const TRANSFER_ENCODING = new FieldName("transfer-encoding");
export const CONNECTION = new FieldName("connection");
export const KEEP_ALIVE = new FieldName("keep-alive");
export const PROXY_CONNECTION = new FieldName("proxy-connection");
export const TE = new FieldName("te");
export const UPGRADE = new FieldName("upgrade");
export const EXPECT = new FieldName("expect");

const HEDDLE_PREFIX = Uint8Array.from(Buffer.from("heddle-"));

/** The kind of the name in `bytes`. Most names leave at the first test, on their length. */
export function fieldKindAt(bytes: Uint8Array, start: number, end: number): number {
  switch (end - start) {
    case 2:
      return kindIf(TE, bytes, start, end);
    case 4:
      return kindIf(HOST, bytes, start, end);
    case 6:
      return kindIf(EXPECT, bytes, start, end);
    case 7:
      return kindIf(UPGRADE, bytes, start, end);
    case 10:
      // `connection` and `keep-alive` differ in their first byte, and from `user-agent` too.
      if ((bytes[start]! | 0x20) === 0x63) return kindIf(CONNECTION, bytes, start, end);
      if ((bytes[start]! | 0x20) === 0x6b) return kindIf(KEEP_ALIVE, bytes, start, end);
      break;
    case 14:
      if (CONTENT_LENGTH.equals(bytes, start, end)) return FIELD_CONTENT_LENGTH;
      break;
    case 16:
      if (PROXY_CONNECTION.equals(bytes, start, end)) return FIELD_PROXY_CONNECTION;
      break;
    case 17:
      if (TRANSFER_ENCODING.equals(bytes, start, end)) return FIELD_TRANSFER_ENCODING;
      break;
  }
  if ((bytes[start]! | 0x20) !== 0x68) return FIELD_ORDINARY;
  return end - start > 7 && equalsLower(bytes, start, start + 7, HEDDLE_PREFIX)
    ? FIELD_HEDDLE
    : FIELD_ORDINARY;
}

function kindIf(name: FieldName, bytes: Uint8Array, start: number, end: number): number {
  return name.equals(bytes, start, end) ? name.kind : FIELD_ORDINARY;
}
