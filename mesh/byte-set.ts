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
  return set.map((member) => 1 - member);
}

/** `\d`, `\W` and their like; undefined for any other letter. */
export function perlClass(letter: string): ByteSet | undefined {
  const members = PERL_CLASSES[letter.toLowerCase()];
  if (members === undefined) return undefined;
  const set = byteSetOf(members);
  return letter === letter.toLowerCase() ? set : complement(set);
}

/** What `.` stands for: anything but the end of a line. */
export function anyButLineEnd(): ByteSet {
  return complement(byteSetOf("\n"));
}

/** Text that is equal for equal sets. */
export function byteSetKey(set: ByteSet): string {
  return set.join("");
}
