/**
 * Takes a match apart into entries: a path pattern that a trie can hold, a method, and what is
 * left to test. A request matches exactly if it fits one of the entries.
 */
import type { Match } from "./match.ts";
import { literalPattern, type PathPattern } from "./path-pattern.ts";
import { literalPrefix, parsePathRegex } from "./path-regex.ts";

export interface RouteEntry {
  readonly pattern: PathPattern;
  /** Null for any. */
  readonly method: string | null;
  /** Null when pattern and method say all. */
  readonly rest: Match | null;
}

/** A match that would give more entries than this is tested as a whole. */
const ENTRIES_MAX = 256;

const ANY_PATH: PathPattern = literalPattern("", false);
const ANYTHING: RouteEntry = { pattern: ANY_PATH, method: null, rest: null };

export function routeEntries(match: Match): readonly RouteEntry[] {
  const entries = takeApart(match);
  return entries.length > ENTRIES_MAX ? [{ ...ANYTHING, rest: match }] : entries;
}

function takeApart(match: Match): readonly RouteEntry[] {
  switch (match.kind) {
    case "method":
      return [{ ...ANYTHING, method: match.method }];
    case "path":
      return [{ ...ANYTHING, pattern: literalPattern(match.path, true) }];
    case "pathPrefix":
      return [{ ...ANYTHING, pattern: literalPattern(match.prefix, false) }];
    case "pathRegex": {
      const patterns = parsePathRegex(match.regex);
      if (patterns !== undefined) return patterns.map((pattern) => ({ ...ANYTHING, pattern }));
      const prefix = literalPattern(literalPrefix(match.regex), false);
      return [{ pattern: prefix, method: null, rest: match }];
    }
    case "header":
      return [{ ...ANYTHING, rest: match }];
    case "not":
      return match.of.kind === "not" ? routeEntries(match.of.of) : [{ ...ANYTHING, rest: match }];
    case "any":
      return match.of.flatMap(routeEntries);
    case "all":
      return takeAllApart(match.of);
  }
}

/**
 * Of several paths in one `all` the most telling goes to the trie, the others are tested. Methods
 * multiply; two different ones exclude each other.
 */
function takeAllApart(of: readonly Match[]): readonly RouteEntry[] {
  const parts = of.flatMap((match) => (match.kind === "all" ? match.of : [match]));
  const taken = parts.map((match) => ({ match, entries: routeEntries(match) }));
  const telling = taken.filter((part) => worth(part.entries) > 0);
  const base = telling.sort((a, b) => worth(b.entries) - worth(a.entries))[0];
  let entries: readonly RouteEntry[] = base?.entries ?? [ANYTHING];
  const rests: Match[] = [];
  for (const part of taken) {
    if (part === base) continue;
    if (part.entries.every(isMethodOnly) && entries.length * part.entries.length <= ENTRIES_MAX) {
      entries = entries.flatMap((entry) => withMethods(entry, part.entries));
    } else rests.push(part.match);
  }
  return entries.map((entry) => ({ ...entry, rest: both(entry.rest, rests) }));
}

/**
 * How much of the path the least telling of the patterns fixes. Without any pattern nothing fits,
 * which tells more than all others.
 */
function worth(entries: readonly RouteEntry[]): number {
  return Math.min(...entries.map((entry) => patternWorth(entry.pattern)));
}

function patternWorth(pattern: PathPattern): number {
  let bytes = 0;
  for (const step of pattern.steps) bytes += step.kind === "literal" ? step.bytes.length : 1;
  // An exact path beats any prefix.
  return pattern.exact ? bytes + 1_000_000 : bytes;
}

function isMethodOnly(entry: RouteEntry): boolean {
  return entry.pattern === ANY_PATH && entry.rest === null;
}

function withMethods(entry: RouteEntry, methods: readonly RouteEntry[]): readonly RouteEntry[] {
  const merged: RouteEntry[] = [];
  for (const { method } of methods) {
    if (entry.method === null || method === null || entry.method === method) {
      merged.push({ ...entry, method: entry.method ?? method });
    }
  }
  return merged;
}

function both(rest: Match | null, more: readonly Match[]): Match | null {
  const of = rest === null ? more : [rest, ...more];
  return of.length === 0 ? null : of.length === 1 ? of[0]! : { kind: "all", of };
}
