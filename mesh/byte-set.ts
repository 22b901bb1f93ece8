/**
 * Sets of bytes, for the character classes that paths are written with. UTF-8 makes every
 * character from 128 on out of bytes from 128 on, so a set that holds all of those or none of
 * them means the same for bytes as for characters.
 */

/** 256 entries; members are 1. Bytes from 128 on are all members, or none is. */
export type ByteSet = Uint8Array;

const DIGITS = "0123456789";
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** What `\d`, `\w` and `\s` stand for in RE2, by their letter. */
const PERL_CLASSES: Readonly<Record<string, string>> = {
  d: DIGITS,
  w: `${DIGITS}${LETTERS}_`,
  s: "\t\n\f\r ",
};

export function emptyByteSet(): ByteSet {
  return new Uint8Array(256);
}

export function byteSetOf(characters: string): ByteSet {
  const set = emptyByteSet();
  for (const character of characters) set[character.charCodeAt(0)] = 1;
  return set;
}

export function complement(set: ByteSet): ByteSet {
  const others = emptyByteSet();
  for (let byte = 0; byte < 256; byte += 1) others[byte] = 1 - set[byte]!;
  return others;
}

/** `\d`, `\W` and their like; undefined for any other letter. */
export function perlClass(letter: string): ByteSet | undefined {
  const members = PERL_CLASSES[letter.toLowerCase()];
  if (members === undefined) return undefined;
  const set = byteSetOf(members);
  return letter === letter.toLowerCase() ? set : complement(set);
}

/** `[^/]`, which nearly every path expression has. */
export const ANY_BUT_SLASH: ByteSet = complement(byteSetOf("/"));

/** What `.` stands for. */
export const ANY_BUT_LINE_END: ByteSet = complement(byteSetOf("\n"));

/** Text that is equal for equal sets. */
export function byteSetKey(set: ByteSet): string {
  let key = set[128] === 1 ? "+" : "-";
  for (let from = 0; from < 128; from += 16) {
    let bits = 0;
    for (let byte = from; byte < from + 16; byte += 1) bits = bits * 2 + set[byte]!;
    key += String.fromCharCode(bits);
  }
  return key;
}
