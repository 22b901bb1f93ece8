/**
 * `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` (RFC 9112 section 7.1.1), one
 * byte at a time. Nothing here is forwarded; it is read strictly because readers that skip to the
 * line end by different rules find different chunks.
 */
import { CR, HTAB, SP, TOKEN, VALUE } from "./byte-class.ts";

/** After the size or a complete extension. Exits: BLANK, NAME_FIRST, ENDED. */
export const EXTENSION_AFTER = 0;
/** White space that must lead to a semicolon. Exits: NAME_FIRST. */
const BLANK = 1;
/** Exits: NAME. */
const NAME_FIRST = 2;
/** Exits: NAME_BLANK, VALUE_FIRST, NAME_FIRST, ENDED. */
const NAME = 3;
/** Exits: VALUE_FIRST, NAME_FIRST. */
const NAME_BLANK = 4;
/** Exits: TOKEN_VALUE, QUOTED. */
const VALUE_FIRST = 5;
/** Exits: BLANK, NAME_FIRST, ENDED. */
const TOKEN_VALUE = 6;
/** Exits: ESCAPED, AFTER. */
const QUOTED = 7;
/** Exits: QUOTED. */
const ESCAPED = 8;
/** The CR of the line end was read. */
export const EXTENSION_ENDED = 9;
export const EXTENSION_FAILED = 10;

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The state after `byte`. */
export function extensionStep(state: number, byte: number): number {
  const blank = byte === SP || byte === HTAB;
  switch (state) {
    case EXTENSION_AFTER:
      if (byte === CR) return EXTENSION_ENDED;
      return blankOrNext(byte, blank);
    case BLANK:
      return blankOrNext(byte, blank);
    case NAME_FIRST:
      if (blank) return NAME_FIRST;
      return TOKEN[byte] === 1 ? NAME : EXTENSION_FAILED;
    case NAME:
      if (TOKEN[byte] === 1) return NAME;
      if (byte === CR) return EXTENSION_ENDED;
      return afterName(byte, blank);
    case NAME_BLANK:
      return afterName(byte, blank);
    case VALUE_FIRST:
      if (blank) return VALUE_FIRST;
      if (byte === QUOTE) return QUOTED;
      return TOKEN[byte] === 1 ? TOKEN_VALUE : EXTENSION_FAILED;
    case TOKEN_VALUE:
      if (TOKEN[byte] === 1) return TOKEN_VALUE;
      if (byte === CR) return EXTENSION_ENDED;
      return blankOrNext(byte, blank);
    case QUOTED:
      if (byte === QUOTE) return EXTENSION_AFTER;
      if (byte === BACKSLASH) return ESCAPED;
      return VALUE[byte] === 1 ? QUOTED : EXTENSION_FAILED;
    case ESCAPED:
      return VALUE[byte] === 1 ? QUOTED : EXTENSION_FAILED;
    default:
      return EXTENSION_FAILED;
  }
}

function blankOrNext(byte: number, blank: boolean): number {
  if (byte === SEMICOLON) return NAME_FIRST;
  return blank ? BLANK : EXTENSION_FAILED;
}

function afterName(byte: number, blank: boolean): number {
  if (byte === EQUALS) return VALUE_FIRST;
  if (byte === SEMICOLON) return NAME_FIRST;
  return blank ? NAME_BLANK : EXTENSION_FAILED;
}
