/**
 * A match, compiled: the reference of what it means. The route table uses predicates for whatever
 * its trie cannot hold, and `explain` for everything.
 *
 * Methods, paths and header values are compared as the bytes that came; header names without
 * regard to case. Regular expressions match whole values.
 */
import { rangeEquals, rangeStartsWith, utf8AsLatin1, utf8Bytes } from "./latin1.ts";
import type { Match, StringMatch } from "./match.ts";
import type { MatchInput } from "./match-input.ts";
import { matchesPattern, type PathPattern } from "./path-pattern.ts";
import { parsePathRegex } from "./path-regex.ts";
import type { CompiledRegex, RegexCompiler } from "./regex-engine.ts";

export interface Predicate {
  test(input: MatchInput): boolean;
}

/** Throws `RegexError` when an expression in it does not compile. */
export function compilePredicate(match: Match, regexes: RegexCompiler): Predicate {
  switch (match.kind) {
    case "method":
      return new MethodIs(utf8Bytes(match.method));
    case "path":
      return new PathIs(utf8Bytes(match.path));
    case "pathPrefix":
      return new PathStartsWith(utf8Bytes(match.prefix));
    case "pathRegex": {
      const patterns = parsePathRegex(match.regex);
      return patterns === undefined
        ? new PathMatches(regexes.compile(match.regex))
        : new PathFits(patterns);
    }
    case "header":
      return new HeaderHas(match.name, compileStringTest(match.value, regexes));
    case "all":
      return new All(match.of.map((each) => compilePredicate(each, regexes)));
    case "any":
      return new AnyOf(match.of.map((each) => compilePredicate(each, regexes)));
    case "not":
      return new Not(compilePredicate(match.of, regexes));
  }
}

/** Whether compiling it will ask for an engine. */
export function needsRegexes(match: Match): boolean {
  switch (match.kind) {
    case "pathRegex":
      return parsePathRegex(match.regex) === undefined;
    case "header":
      return match.value.kind === "regex" && literalsOf(match.value.regex) === undefined;
    case "all":
    case "any":
      return match.of.some(needsRegexes);
    case "not":
      return needsRegexes(match.of);
    default:
      return false;
  }
}

class MethodIs implements Predicate {
  readonly #method: Uint8Array;

  constructor(method: Uint8Array) {
    this.#method = method;
  }

  test(input: MatchInput): boolean {
    return rangeEquals(input.bytes, input.methodStart, input.methodEnd, this.#method);
  }
}

class PathIs implements Predicate {
  readonly #path: Uint8Array;

  constructor(path: Uint8Array) {
    this.#path = path;
  }

  test(input: MatchInput): boolean {
    return rangeEquals(input.bytes, input.pathStart, input.pathEnd, this.#path);
  }
}

class PathStartsWith implements Predicate {
  readonly #prefix: Uint8Array;

  constructor(prefix: Uint8Array) {
    this.#prefix = prefix;
  }

  test(input: MatchInput): boolean {
    return rangeStartsWith(input.bytes, input.pathStart, input.pathEnd, this.#prefix);
  }
}

class PathFits implements Predicate {
  readonly #patterns: readonly PathPattern[];

  constructor(patterns: readonly PathPattern[]) {
    this.#patterns = patterns;
  }

  test(input: MatchInput): boolean {
    for (const pattern of this.#patterns) {
      if (matchesPattern(pattern, input.bytes, input.pathStart, input.pathEnd)) return true;
    }
    return false;
  }
}

class PathMatches implements Predicate {
  readonly #regex: CompiledRegex;

  constructor(regex: CompiledRegex) {
    this.#regex = regex;
  }

  test(input: MatchInput): boolean {
    return this.#regex.matchesBytes(input.bytes, input.pathStart, input.pathEnd);
  }
}

class HeaderHas implements Predicate {
  readonly #name: string;
  readonly #value: StringTest;

  constructor(name: string, value: StringTest) {
    this.#name = name;
    this.#value = value;
  }

  test(input: MatchInput): boolean {
    for (let nth = 0; ; nth += 1) {
      const value = input.headerValue(this.#name, nth);
      if (value === undefined) return false;
      if (this.#value.test(value)) return true;
    }
  }
}

class All implements Predicate {
  readonly #of: readonly Predicate[];

  constructor(of: readonly Predicate[]) {
    this.#of = of;
  }

  test(input: MatchInput): boolean {
    for (const each of this.#of) if (!each.test(input)) return false;
    return true;
  }
}

class AnyOf implements Predicate {
  readonly #of: readonly Predicate[];

  constructor(of: readonly Predicate[]) {
    this.#of = of;
  }

  test(input: MatchInput): boolean {
    for (const each of this.#of) if (each.test(input)) return true;
    return false;
  }
}

class Not implements Predicate {
  readonly #of: Predicate;

  constructor(of: Predicate) {
    this.#of = of;
  }

  test(input: MatchInput): boolean {
    return !this.#of.test(input);
  }
}

/** A test of one header value, of one character per byte. */
interface StringTest {
  test(value: string): boolean;
}

function compileStringTest(match: StringMatch, regexes: RegexCompiler): StringTest {
  switch (match.kind) {
    case "present":
      return { test: () => true };
    case "exact":
      return oneOf([utf8AsLatin1(match.text)]);
    case "prefix": {
      const prefix = utf8AsLatin1(match.text);
      return { test: (value) => value.startsWith(prefix) };
    }
    case "suffix": {
      const suffix = utf8AsLatin1(match.text);
      return { test: (value) => value.endsWith(suffix) };
    }
    case "regex": {
      const literals = literalsOf(match.regex);
      if (literals !== undefined) return oneOf(literals);
      const regex = regexes.compile(match.regex);
      return { test: (value) => regex.matchesLatin1(value) };
    }
  }
}

function oneOf(texts: readonly string[]): StringTest {
  return { test: (value) => texts.includes(value) };
}

/** The texts, one character per byte, that an expression without any wildcard stands for. */
function literalsOf(regex: string): readonly string[] | undefined {
  const texts: string[] = [];
  for (const pattern of parsePathRegex(regex) ?? [undefined]) {
    const [step] = pattern?.steps ?? [];
    if (pattern?.exact !== true || pattern.steps.length > 1 || step?.kind === "run") {
      return undefined;
    }
    texts.push(step === undefined ? "" : String.fromCharCode(...step.bytes));
  }
  return texts;
}
