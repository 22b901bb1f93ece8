/** Reads character classes of regular expressions: `[^/]`, `[a-z0-9_-]`, `\d`. ASCII only. */
import { ANY_BUT_SLASH, type ByteSet, complement, emptyByteSet, perlClass } from "./byte-set.ts";

export interface ReadClass {
  readonly set: ByteSet;
  /** Where it ends in the expression. */
  readonly end: number;
}

/** The class whose letter stands at `position`, behind a backslash. */
export function readEscape(regex: string, position: number): ReadClass | undefined {
  const set = perlClass(regex[position] ?? "");
  return set === undefined ? undefined : { set, end: position + 1 };
}

/**
 * The class that begins at `position`, behind the bracket. Undefined for what is wrong, not ASCII,
 * or read differently by different engines, as `&&` and a bracket within are.
 */
export function readCharacterClass(regex: string, position: number): ReadClass | undefined {
  if (regex.startsWith("^/]", position)) return { set: ANY_BUT_SLASH, end: position + 3 };
  const negated = regex[position] === "^";
  const first = negated ? position + 1 : position;
  const set = emptyByteSet();
  let at = first;
  while (regex[at] !== "]" || at === first) {
    const low = readMember(regex, at);
    if (low === undefined) return undefined;
    at = low.end;
    if (low.set !== undefined) {
      low.set.forEach((member, byte) => {
        if (member === 1) set[byte] = 1;
      });
      // A set cannot begin a range.
      if (regex[at] === "-" && regex[at + 1] !== "]") return undefined;
      continue;
    }
    let high = low.byte;
    if (regex[at] === "-" && regex[at + 1] !== "]") {
      const member = readMember(regex, at + 1);
      if (member === undefined || member.set !== undefined || member.byte < low.byte) {
        return undefined;
      }
      high = member.byte;
      at = member.end;
    }
    set.fill(1, low.byte, high + 1);
  }
  return { set: negated ? complement(set) : set, end: at + 1 };
}

interface Member {
  readonly byte: number;
  /** Instead of a byte: `\d` and its like. */
  readonly set: ByteSet | undefined;
  readonly end: number;
}

function readMember(regex: string, position: number): Member | undefined {
  const character = regex[position] ?? "";
  const byte = character.charCodeAt(0);
  if (character === "" || byte > 127 || character === "[") return undefined;
  if (character === "&" && regex[position + 1] === "&") return undefined;
  if (character !== "\\") return { byte, set: undefined, end: position + 1 };
  const escaped = regex[position + 1] ?? "";
  const set = perlClass(escaped);
  if (set !== undefined) return { byte: 0, set, end: position + 2 };
  if (!/^[!-/:-@[-`{-~]$/.test(escaped)) return undefined;
  return { byte: escaped.charCodeAt(0), set: undefined, end: position + 2 };
}
