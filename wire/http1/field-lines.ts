/**
 * The hottest loop of the proxy: field lines (RFC 9112 section 5), each byte looked at once. What
 * a field means to framing and to the connection is noted as it goes by, in known-field.ts.
 */
import { COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from "./byte-class.ts";
import { FIELD_ORDINARY, fieldKindAt } from "./field-name.ts";
import { FIELD_STRIDE, type Head } from "./head.ts";
import { failure, INCOMPLETE } from "./http1-error.ts";
import { noteField } from "./known-field.ts";
import { failLine } from "./line-failure.ts";

const BARE_CR = failure("bare-cr");
const BARE_LF = failure("bare-lf");
const LINE_FOLDING = failure("line-folding");
const BAD_FIELD_NAME = failure("bad-field-name");
const SPACE_BEFORE_COLON = failure("space-before-colon");
const BAD_FIELD_VALUE = failure("bad-field-value");
const TOO_MANY_FIELDS = failure("too-many-fields");

/**
 * Reads lines from `head.parsedTo` up to `limit`. Gives the position after the empty line, or
 * INCOMPLETE with `parsedTo` at the line that is not complete, or a failure.
 */
export function parseFieldLines(head: Head, limit: number, fieldCountMax: number): number {
  const { bytes } = head;
  let at = head.parsedTo;
  for (;;) {
    const nameStart = at;
    head.parsedTo = at;
    while (at < limit && TOKEN[bytes[at]!] === 1) at++;
    if (at >= limit) return INCOMPLETE;
    if (bytes[at] !== COLON || at === nameStart) return endOrFailure(bytes, nameStart, at, limit);
    const nameEnd = at++;
    while (at < limit && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const valueStart = at;
    while (at < limit && VALUE[bytes[at]!] === 1) at++;
    if (at + 1 >= limit || bytes[at] !== CR || bytes[at + 1] !== LF) {
      return valueFailure(bytes, at, limit);
    }
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
    at += 2;
    const index = head.fieldCount;
    if (index === fieldCountMax) return TOO_MANY_FIELDS;
    if (index === head.kinds.length) head.growFields();
    const { positions } = head;
    const slot = index * FIELD_STRIDE;
    positions[slot] = nameStart;
    positions[slot + 1] = nameEnd;
    positions[slot + 2] = valueStart;
    positions[slot + 3] = valueEnd;
    const kind = fieldKindAt(bytes, nameStart, nameEnd);
    head.kinds[index] = kind;
    head.fieldCount = index + 1;
    if (kind !== FIELD_ORDINARY) {
      const failed = noteField(head, kind, index);
      if (failed !== 0) return failed;
    }
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** No name and a colon here: the empty line that ends the section, or something wrong. */
function endOrFailure(bytes: Uint8Array, start: number, at: number, limit: number): number {
  const byte = bytes[at]!;
  if (at > start) {
    const failed = isBlank(byte) ? SPACE_BEFORE_COLON : BAD_FIELD_NAME;
    return failLine(bytes, at, limit, byte === LF ? BARE_LF : failed);
  }
  if (byte === CR) {
    if (at + 1 >= limit) return INCOMPLETE;
    return bytes[at + 1] === LF ? at + 2 : failLine(bytes, at, limit, BARE_CR);
  }
  if (byte === LF) return BARE_LF;
  return failLine(bytes, at, limit, isBlank(byte) ? LINE_FOLDING : BAD_FIELD_NAME);
}

function valueFailure(bytes: Uint8Array, at: number, limit: number): number {
  if (at >= limit) return INCOMPLETE;
  if (bytes[at] === LF) return BARE_LF;
  if (bytes[at] !== CR) return failLine(bytes, at, limit, BAD_FIELD_VALUE);
  return at + 1 >= limit ? INCOMPLETE : failLine(bytes, at, limit, BARE_CR);
}
