/**
 * Reads the regular expressions that are simple enough to become path patterns, so that nearly
 * all routes are found without running one. Whatever is not certainly simple is left to an engine
 * with the full syntax, behind the literal text that it begins with.
 */
import { ANY_BUT_LINE_END, type ByteSet, byteSetOf } from "./byte-set.ts";
import { utf8Bytes } from "./latin1.ts";
import type { PathPattern, PatternRun, PatternStep } from "./path-pattern.ts";
import { readCharacterClass, readEscape } from "./regex-class.ts";

/** An expression that stands for more alternatives than this is not simple. */
const ALTERNATIVES_MAX = 64;
/** A class of no more members than this, used once, is written out as alternatives. */
const WRITTEN_OUT_MAX = 8;
const NESTING_MAX = 16;

/** Patterns that together match what the expression matches whole; undefined if not simple. */
export function parsePathRegex(regex: string): readonly PathPattern[] | undefined {
  const sequences = new PathRegexParser(regex).parse();
  if (sequences === undefined) return undefined;
  const patterns: PathPattern[] = [];
  for (const sequence of sequences) {
    const pattern = toPattern(sequence);
    if (pattern === undefined) return undefined;
    patterns.push(pattern);
  }
  return patterns;
}

/** Literal text that whatever matches the expression begins with; perhaps none. */
export function literalPrefix(regex: string): string {
  if (hasTopLevelAlternatives(regex)) return "";
  let prefix = "";
  let position = regex.startsWith("^") ? 1 : 0;
  while (position < regex.length) {
    const escaped = regex[position] === "\\";
    const character = String.fromCodePoint(regex.codePointAt(position + (escaped ? 1 : 0)) ?? 0);
    if (escaped ? !isPunctuation(character) : META.includes(character)) break;
    position += character.length + (escaped ? 1 : 0);
    const next = regex[position];
    if (next === "*" || next === "?" || next === "{") break;
    prefix += character;
    if (next === "+") break;
  }
  return prefix;
}

const META = "\\^$.|?*+()[]{}";
const META_BYTES = byteSetOf(META);

/** An ASCII character without any meaning of its own in expressions. */
function isPlain(code: number): boolean {
  return code < 128 && META_BYTES[code] === 0;
}

function isPunctuation(character: string): boolean {
  return character >= "!" && character <= "~" && !/[0-9A-Za-z]/.test(character);
}

function hasTopLevelAlternatives(regex: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let position = 0; position < regex.length; position += 1) {
    const character = regex[position];
    if (character === "\\") {
      // Quoted text may hold anything; nobody writes it in a path.
      if (regex[position + 1] === "Q") return true;
      position += 1;
    } else if (inClass) inClass = character !== "]";
    else if (character === "[") {
      inClass = true;
      if (regex[position + 1] === "^") position += 1;
      if (regex[position + 1] === "]") position += 1;
    } else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "|" && depth === 0) return true;
  }
  return false;
}

type Piece = string | PatternRun;
type Sequence = readonly Piece[];

/** Something that a quantifier can follow. */
interface Atom {
  /** What it stands for when it is taken once; undefined when that is too much to write out. */
  readonly sequences: readonly Sequence[] | undefined;
  /** The bytes it can be, when it always is one: several, or that one. */
  readonly set: ByteSet | undefined;
  readonly byte?: string;
}

/** One descent through the expression. Every step gives undefined for what is not simple. */
class PathRegexParser {
  readonly #regex: string;
  #position = 0;
  #depth = 0;

  constructor(regex: string) {
    this.#regex = regex;
  }

  parse(): readonly Sequence[] | undefined {
    const sequences = this.#alternatives();
    return this.#position === this.#regex.length ? sequences : undefined;
  }

  #alternatives(): readonly Sequence[] | undefined {
    const all: Sequence[] = [];
    for (;;) {
      const sequences = this.#sequence();
      if (sequences === undefined) return undefined;
      all.push(...sequences);
      if (all.length > ALTERNATIVES_MAX) return undefined;
      if (!this.#skip("|")) return all;
    }
  }

  #sequence(): readonly Sequence[] | undefined {
    let all: Piece[][] = [[]];
    if (this.#depth === 0) this.#skip("^");
    while (!this.#atEndOfSequence()) {
      const next = this.#plainText() ?? this.#quantified(this.#atom());
      if (next === undefined || all.length * next.length > ALTERNATIVES_MAX) return undefined;
      const [only] = next;
      if (next.length === 1 && only !== undefined) for (const head of all) head.push(...only);
      else all = all.flatMap((head) => next.map((tail) => [...head, ...tail]));
    }
    return all;
  }

  #atEndOfSequence(): boolean {
    const character = this.#regex[this.#position];
    if (character === "$" && this.#depth === 0) {
      const next = this.#regex[this.#position + 1];
      if (next === undefined || next === "|") {
        this.#position += 1;
        return true;
      }
    }
    return character === undefined || character === "|" || character === ")";
  }

  /** Characters that stand for themselves, as many as no quantifier follows. */
  #plainText(): readonly Sequence[] | undefined {
    let end = this.#position;
    while (end < this.#regex.length && isPlain(this.#regex.charCodeAt(end))) end += 1;
    // What is behind the last one may be its quantifier.
    if (end < this.#regex.length) end -= 1;
    if (end <= this.#position) return undefined;
    const text = this.#regex.slice(this.#position, end);
    this.#position = end;
    return [[text]];
  }

  #atom(): Atom | undefined {
    const character = String.fromCodePoint(this.#regex.codePointAt(this.#position) ?? 0);
    this.#position += character.length;
    if (character === ".") return { sequences: undefined, set: ANY_BUT_LINE_END };
    if (character === "(") return this.#group();
    if (character === "[") return this.#class(readCharacterClass(this.#regex, this.#position));
    if (character === "\\") {
      const escaped = this.#regex[this.#position] ?? "";
      if (!isPunctuation(escaped)) return this.#class(readEscape(this.#regex, this.#position));
      this.#position += 1;
      return literalAtom(escaped);
    }
    return META.includes(character) ? undefined : literalAtom(character);
  }

  #group(): Atom | undefined {
    if (this.#skip("?") && !this.#skip(":")) return undefined;
    this.#depth += 1;
    if (this.#depth > NESTING_MAX) return undefined;
    const sequences = this.#alternatives();
    this.#depth -= 1;
    return this.#skip(")") ? { sequences, set: undefined } : undefined;
  }

  #class(read: { set: ByteSet; end: number } | undefined): Atom | undefined {
    if (read === undefined) return undefined;
    this.#position = read.end;
    return { sequences: writtenOut(read.set), set: read.set };
  }

  #quantified(atom: Atom | undefined): readonly Sequence[] | undefined {
    if (atom === undefined) return undefined;
    const quantifier = this.#regex[this.#position];
    if (quantifier === "{") return undefined;
    if (quantifier !== "*" && quantifier !== "+" && quantifier !== "?") return atom.sequences;
    this.#position += 1;
    // A lazy quantifier finds the same whole matches.
    this.#skip("?");
    if (quantifier === "?") {
      return atom.sequences === undefined ? undefined : [...atom.sequences, []];
    }
    const set = atom.set ?? (atom.byte === undefined ? undefined : byteSetOf(atom.byte));
    if (set === undefined) return undefined;
    return [[{ kind: "run", set, min: quantifier === "*" ? 0 : 1 }]];
  }

  #skip(character: string): boolean {
    if (this.#regex[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }
}

function literalAtom(character: string): Atom {
  const atom = { sequences: [[character]], set: undefined };
  return character.charCodeAt(0) < 128 ? { ...atom, byte: character } : atom;
}

function writtenOut(set: ByteSet): readonly Sequence[] | undefined {
  const members: number[] = [];
  for (let byte = 0; byte < 256; byte += 1) {
    if (set[byte] !== 1) continue;
    if (byte > 127 || members.length === WRITTEN_OUT_MAX) return undefined;
    members.push(byte);
  }
  return members.map((byte) => [String.fromCharCode(byte)]);
}

/** Joins the literals, and refuses runs that would have to give bytes back. */
function toPattern(sequence: Sequence): PathPattern | undefined {
  const last = sequence.at(-1);
  const exact = !(typeof last === "object" && last.set === ANY_BUT_LINE_END && last.min === 0);
  const pieces = exact ? sequence : sequence.slice(0, -1);
  const steps: PatternStep[] = [];
  let literal = "";
  for (const piece of pieces) {
    if (typeof piece === "string") {
      literal += piece;
      continue;
    }
    if (literal !== "") steps.push({ kind: "literal", bytes: utf8Bytes(literal) });
    literal = "";
    steps.push(piece);
  }
  if (literal !== "") steps.push({ kind: "literal", bytes: utf8Bytes(literal) });
  return steps.every(endsByItself) ? { steps, exact } : undefined;
}

function endsByItself(step: PatternStep, index: number, steps: readonly PatternStep[]): boolean {
  const next = steps[index + 1];
  if (step.kind === "literal" || next === undefined) return true;
  return next.kind === "literal" && step.set[next.bytes[0] ?? 0] !== 1;
}
