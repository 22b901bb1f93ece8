/**
 * The rules of a destination, compiled when it arrives, so that finding the first that matches
 * takes time by the length of the path and not by the number of rules.
 */
import type { RuleTrial } from "./explain.ts";
import type { Match } from "./match.ts";
import type { MatchInput } from "./match-input.ts";
import { compilePredicate, needsRegexes, type Predicate } from "./predicate.ts";
import type { RegexCompiler } from "./regex-engine.ts";

/** What of a rule concerns matching. */
export interface Matching {
  readonly match: Match;
}

/** Whether `compileRouteTable` will need a real engine for these rules. */
export function needsRegexEngine(rules: readonly Matching[]): boolean {
  return rules.some((rule) => needsRegexes(rule.match));
}

/** Throws `RegexError` when an expression does not compile. */
export function compileRouteTable(rules: readonly Matching[], regexes: RegexCompiler): RouteTable {
  return new RouteTable(rules, regexes);
}

export class RouteTable {
  readonly #predicates: readonly Predicate[];

  constructor(rules: readonly Matching[], regexes: RegexCompiler) {
    this.#predicates = rules.map((rule) => compilePredicate(rule.match, regexes));
  }

  /** Lower-case names of the headers that rules ask for. */
  readonly headerNames: readonly string[] = [];

  /** Every rule up to the first that matches, and why those before it did not. */
  explain(input: MatchInput): readonly RuleTrial[] {
    const found = this.find(input);
    return this.#predicates
      .slice(0, found + 1)
      .map((_, index) => ({ index, matched: index === found, failed: "" }));
  }

  /** Index of the first rule that matches; -1 when none does. */
  find(input: MatchInput): number {
    return this.#predicates.findIndex((predicate) => predicate.test(input));
  }
}
