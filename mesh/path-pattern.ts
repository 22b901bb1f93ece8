/**
 * The part of regular expressions that paths need nearly always, in a form that a trie can hold:
 * literal text, and runs of bytes out of a set that end by themselves, because what follows a run
 * cannot begin with a byte of its set. `[^/]*`, `\d+`, `(a|b)`, `x?` and a final `.*` are such.
 * Each pattern can be matched byte by byte without ever going back.
 */
import type { ByteSet } from "./byte-set.ts";
import { rangeStartsWith, utf8Bytes } from "./latin1.ts";

export type PatternStep = { readonly kind: "literal"; readonly bytes: Uint8Array } | PatternRun;

/** As many bytes of the set as there are, and at least `min`. */
export interface PatternRun {
  readonly kind: "run";
  readonly set: ByteSet;
  readonly min: 0 | 1;
}

export interface PathPattern {
  /** No two literals stand side by side, nor two runs. */
  readonly steps: readonly PatternStep[];
  /** True: the path ends here. False: anything may follow. */
  readonly exact: boolean;
}

/** The pattern of paths that equal the text, or begin with it. */
export function literalPattern(text: string, exact: boolean): PathPattern {
  const bytes = utf8Bytes(text);
  return { steps: bytes.length === 0 ? [] : [{ kind: "literal", bytes }], exact };
}

/** Whether the range matches. For where there is no trie; takes linear time. */
export function matchesPattern(
  pattern: PathPattern,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let position = start;
  for (const step of pattern.steps) {
    if (step.kind === "literal") {
      if (!rangeStartsWith(bytes, position, end, step.bytes)) return false;
      position += step.bytes.length;
    } else {
      position = endOfRun(step, bytes, position, end);
      if (position < 0) return false;
    }
  }
  return !pattern.exact || position === end;
}

/** Where the run that begins here ends; -1 when it is too short. */
function endOfRun(run: PatternRun, bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && run.set[bytes[position]!] === 1) position += 1;
  return position - start < run.min ? -1 : position;
}
