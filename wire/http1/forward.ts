/**
 * Outgoing heads: the incoming head's own bytes in unchanged ranges, plus edits. A field that ends
 * at this hop is left out by not copying it; where nothing is left out, the whole head is one
 * copy. Nothing is parsed or decoded a second time.
 */
import { SP } from "./byte-class.ts";
import type { ByteWriter } from "./byte-writer.ts";
import {
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_HEDDLE,
  FIELD_HOST,
  FIELD_KEEP_ALIVE,
  FIELD_LISTED,
  FIELD_PROXY_CONNECTION,
  FIELD_TE,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
  type FieldName,
} from "./field-name.ts";
import type { Head } from "./head.ts";
import * as bits from "./head.ts";
import { METHOD_OPTIONS } from "./method.ts";

/** As the head says: Content-Length, chunked, or neither. */
export const FRAMING_AS_IS = 0;
/** The body goes out chunked, however it came in. */
export const FRAMING_CHUNKED = 1;
/** The body ends with the connection: for a client of HTTP/1.0. Implies `close`. */
export const FRAMING_UNTIL_CLOSE = 2;

/** What is to be different from the incoming head. One object serves a connection for ever. */
export class HeadEdits {
  /** Whole encoded lines to add, `name: value CRLF` each. */
  lines: Uint8Array | null = null;
  /** More of them, put together for this one head. */
  extra: ByteWriter | null = null;
  /** Takes the place of Host's value, or of a missing Host. Requests only. */
  host: Uint8Array | null = null;
  /** Takes the place of the target, or of as many of its bytes as `targetCut` says. */
  target: Uint8Array | null = null;
  targetCut = Number.POSITIVE_INFINITY;
  /** Fields to leave out. */
  dropped: readonly FieldName[] = [];
  /** Leaves out `heddle-` fields: they come from outside the mesh. */
  dropHeddle = false;
  /** Lets a tunnel be asked for or granted: Upgrade and `Connection: upgrade` stay. */
  upgrade = false;
  /** Leaves an absolute-form target, and the Host beside it, as they are. Requests only. */
  absolute = false;
  /** Says `Connection: close`. */
  close = false;
  /** Says `Connection: keep-alive`, for a client of HTTP/1.0 that stays. Not with `close`. */
  keepAlive = false;
  /** FRAMING_ constant. */
  framing = FRAMING_AS_IS;

  reset(): void {
    this.lines = null;
    this.extra = null;
    this.host = null;
    this.target = null;
    this.targetCut = Number.POSITIVE_INFINITY;
    this.dropped = [];
    this.dropHeddle = false;
    this.upgrade = false;
    this.absolute = false;
    this.close = false;
    this.keepAlive = false;
    this.framing = FRAMING_AS_IS;
  }
}

const encode = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

const VERSION = encode(" HTTP/1.1\r\n");
const STATUS_VERSION = encode("HTTP/1.1 ");
const HOST_COLON = encode("Host: ");
const TE_TRAILERS = encode("TE: trailers\r\n");
const CHUNKED = encode("Transfer-Encoding: chunked\r\n");
const CLOSE = encode("Connection: close\r\n");
const KEEP_ALIVE = encode("Connection: keep-alive\r\n");
const UPGRADE = encode("Connection: upgrade\r\n");
const UPGRADE_AND_TE = encode("Connection: upgrade, TE\r\n");
const TE = encode("Connection: TE\r\n");
const CLOSE_AND_TE = encode("Connection: close, TE\r\n");

/** Fields that end at this hop (RFC 9110, section 7.6.1): a bit per FIELD_ constant. */
const ALWAYS_DROPPED =
  (1 << FIELD_CONNECTION) |
  (1 << FIELD_KEEP_ALIVE) |
  (1 << FIELD_PROXY_CONNECTION) |
  (1 << FIELD_TE) |
  (1 << FIELD_UPGRADE) |
  (1 << FIELD_LISTED);

/** Writes the request's head as it goes to the next server, its empty line included. */
export function writeRequestHead(writer: ByteWriter, head: Head, edits: HeadEdits): void {
  const stays = edits.absolute && edits.target === null && edits.host === null;
  const absolute = head.targetForm === bits.TARGET_ABSOLUTE && !stays;
  const host = edits.host !== null || absolute;
  let mask = dropMask(head, edits);
  if (host) mask |= 1 << FIELD_HOST;
  const plain = !absolute && edits.target === null && (head.flags & bits.HEAD_ODD_FIRST_LINE) === 0;
  if (plain) {
    copyFields(writer, head, head.start, mask, edits.dropped);
  } else {
    writer.range(head.bytes, head.start, head.methodEnd + 1);
    writeTarget(writer, head, edits, absolute);
    writer.bytesOf(VERSION);
    copyFields(writer, head, firstFieldStart(head), mask, edits.dropped);
  }
  if (host) writeHost(writer, head, edits);
  writeConnection(writer, head, edits);
  if (edits.framing === FRAMING_CHUNKED) writer.bytesOf(CHUNKED);
  writeLines(writer, edits);
}

/** Writes the response's head as it goes back to the client, its empty line included. */
export function writeResponseHead(writer: ByteWriter, head: Head, edits: HeadEdits): void {
  let mask = dropMask(head, edits);
  // Framing fields where there can be no body: the client might believe them.
  if (head.status < 200 || head.status === 204 || head.bodyKind === bits.BODY_TUNNEL) {
    mask |= (1 << FIELD_CONTENT_LENGTH) | (1 << FIELD_TRANSFER_ENCODING);
  }
  if ((head.flags & bits.HEAD_ODD_FIRST_LINE) === 0) {
    copyFields(writer, head, head.start, mask, edits.dropped);
  } else {
    writer.bytesOf(STATUS_VERSION);
    const statusStart = head.start + STATUS_VERSION.length;
    writer.range(head.bytes, statusStart, statusStart + 3);
    writer.byte(SP);
    writer.range(head.bytes, head.reasonStart, head.reasonEnd);
    writer.crlf();
    copyFields(writer, head, firstFieldStart(head), mask, edits.dropped);
  }
  writeConnection(writer, head, edits);
  if (edits.framing === FRAMING_CHUNKED) writer.bytesOf(CHUNKED);
  writeLines(writer, edits);
}

function writeLines(writer: ByteWriter, { lines, extra }: HeadEdits): void {
  if (lines !== null) writer.bytesOf(lines);
  if (extra !== null) writer.range(extra.bytes, 0, extra.length);
  writer.crlf();
}

/** Writes the last chunk and the trailers that were let through, for a chunked body. */
export function writeTrailers(writer: ByteWriter, trailers: Head): void {
  writer.byte(0x30);
  writer.crlf();
  for (let index = 0; index < trailers.fieldCount; index++) {
    const at = index * bits.FIELD_STRIDE;
    const start = trailers.positions[at]!;
    writer.range(trailers.bytes, start, trailers.positions[at + bits.VALUE_END]!);
    writer.crlf();
  }
  writer.crlf();
}

function dropMask(head: Head, edits: HeadEdits): number {
  let mask = 0;
  if ((head.flags & bits.HEAD_HOP_BY_HOP) !== 0) mask = ALWAYS_DROPPED;
  if (edits.dropHeddle && (head.flags & bits.HEAD_HEDDLE) !== 0) mask |= 1 << FIELD_HEDDLE;
  if (edits.framing !== FRAMING_AS_IS) {
    mask |= (1 << FIELD_CONTENT_LENGTH) | (1 << FIELD_TRANSFER_ENCODING);
  }
  if (edits.upgrade && (head.flags & bits.HEAD_UPGRADE) !== 0) mask &= ~(1 << FIELD_UPGRADE);
  return mask;
}

/** Copies the head from `from` on, without its empty line and without the dropped fields. */
function copyFields(
  writer: ByteWriter,
  head: Head,
  from: number,
  mask: number,
  dropped: readonly FieldName[],
): void {
  const fieldsEnd = head.end - 2;
  let runStart = from;
  if (mask !== 0 || dropped.length > 0) {
    const { kinds, positions, fieldCount } = head;
    for (let index = 0; index < fieldCount; index++) {
      if (((mask >>> kinds[index]!) & 1) === 0 && !isDropped(head, index, dropped)) continue;
      const lineStart = positions[index * bits.FIELD_STRIDE]!;
      if (lineStart > runStart) writer.range(head.bytes, runStart, lineStart);
      const next = index + 1;
      runStart = next < fieldCount ? positions[next * bits.FIELD_STRIDE]! : fieldsEnd;
    }
  }
  if (fieldsEnd > runStart) writer.range(head.bytes, runStart, fieldsEnd);
}

function isDropped(head: Head, index: number, dropped: readonly FieldName[]): boolean {
  if (dropped.length === 0) return false;
  const at = index * bits.FIELD_STRIDE;
  const start = head.positions[at]!;
  const end = head.positions[at + bits.NAME_END]!;
  for (let which = 0; which < dropped.length; which++) {
    if (dropped[which]!.equals(head.bytes, start, end)) return true;
  }
  return false;
}

function firstFieldStart(head: Head): number {
  return head.fieldCount > 0 ? head.positions[0]! : head.end - 2;
}

/** Origin-form for whatever form came in (RFC 9112 section 3.2.1); authority and `*` stay. */
function writeTarget(writer: ByteWriter, head: Head, edits: HeadEdits, absolute: boolean): void {
  if (edits.target !== null) {
    writer.bytesOf(edits.target);
    const restStart = head.targetStart + edits.targetCut;
    if (restStart < head.targetEnd) writer.range(head.bytes, restStart, head.targetEnd);
    return;
  }
  if (!absolute) {
    writer.range(head.bytes, head.targetStart, head.targetEnd);
    return;
  }
  if (head.pathStart === head.pathEnd) {
    // OPTIONS without a path asks about the server as a whole (section 3.2.4).
    const whole = head.methodCode === METHOD_OPTIONS && head.pathEnd === head.targetEnd;
    writer.byte(whole ? 0x2a : 0x2f);
  }
  writer.range(head.bytes, head.pathStart, head.targetEnd);
}

/** The authority of an absolute-form target takes the place of Host (section 3.2.2). */
function writeHost(writer: ByteWriter, head: Head, edits: HeadEdits): void {
  writer.bytesOf(HOST_COLON);
  if (edits.host !== null) writer.bytesOf(edits.host);
  else writer.range(head.bytes, head.authorityStart, head.authorityEnd);
  writer.crlf();
}

function writeConnection(writer: ByteWriter, head: Head, edits: HeadEdits): void {
  const te = head.role === bits.ROLE_REQUEST && (head.flags & bits.HEAD_TE_TRAILERS) !== 0;
  if (te) writer.bytesOf(TE_TRAILERS);
  if (edits.upgrade && (head.flags & bits.HEAD_UPGRADE) !== 0) {
    writer.bytesOf(te ? UPGRADE_AND_TE : UPGRADE);
  } else if (edits.close || edits.framing === FRAMING_UNTIL_CLOSE) {
    writer.bytesOf(te ? CLOSE_AND_TE : CLOSE);
  } else if (te) {
    writer.bytesOf(TE);
  } else if (edits.keepAlive) {
    writer.bytesOf(KEEP_ALIVE);
  }
}
