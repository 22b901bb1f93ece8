/**
 * The rules of a destination, compiled when it arrives, so that finding the first that matches
 * takes time by the length of the path and not by the number of rules.
 */
import type { RuleTrial } from "./explain.ts";
import { rangeEquals, utf8Bytes } from "./latin1.ts";
import type { Match } from "./match.ts";
import type { MatchInput } from "./match-input.ts";
import { PathTrie } from "./path-trie.ts";
import { PathTrieBuilder } from "./path-trie-builder.ts";
import { compilePredicate, type Predicate } from "./predicate.ts";
import type { CompiledRegex, RegexCompiler } from "./regex-engine.ts";
import { routeEntries } from "./route-entry.ts";
import { firstFailure } from "./route-explain.ts";

/** What of a rule concerns matching. */
export interface Matching {
  readonly match: Match;
}

const ANY_METHOD = -1;
const UNKNOWN_METHOD = -2;

export class RouteTable {
  /** Lower-case names of the headers that rules ask for. */
  readonly headerNames: readonly string[];
  readonly #rules: readonly Matching[];
  readonly #regexes: RegexCompiler;
  readonly #methods: readonly Uint8Array[];
  readonly #trie: PathTrie;

  /** Throws `RegexError` when an expression does not compile. */
  constructor(rules: readonly Matching[], regexes: RegexCompiler) {
    this.#rules = rules;
    this.#regexes = remembering(regexes);
    this.headerNames = [...new Set(rules.flatMap((rule) => headerNames(rule.match)))];
    const builder = new PathTrieBuilder();
    const methods: string[] = [];
    const rests: Predicate[] = [];
    rules.forEach((rule, index) => {
      for (const entry of routeEntries(rule.match)) {
        const method = entry.method === null ? ANY_METHOD : indexIn(methods, entry.method);
        const rest = entry.rest === null ? -1 : rests.length;
        if (entry.rest !== null) rests.push(compilePredicate(entry.rest, this.#regexes));
        builder.insert(entry.pattern, { rule: index, method, rest });
      }
    });
    this.#methods = methods.map(utf8Bytes);
    this.#trie = new PathTrie(builder.build(), rests);
  }

  /** Index of the first rule that matches; -1 when none does. Allocates nothing by itself. */
  find(input: MatchInput): number {
    return this.#trie.find(input, this.#methodOf(input));
  }

  /** Every rule up to the first that matches, and why those before it did not. */
  explain(input: MatchInput): readonly RuleTrial[] {
    const trials: RuleTrial[] = [];
    for (const [index, rule] of this.#rules.entries()) {
      const failed = firstFailure(rule.match, input, this.#regexes);
      trials.push({ index, matched: failed === "", failed });
      if (failed === "") break;
    }
    return trials;
  }

  #methodOf(input: MatchInput): number {
    const methods = this.#methods;
    for (let index = 0; index < methods.length; index += 1) {
      if (rangeEquals(input.bytes, input.methodStart, input.methodEnd, methods[index]!)) {
        return index;
      }
    }
    return UNKNOWN_METHOD;
  }
}

function headerNames(match: Match): readonly string[] {
  switch (match.kind) {
    case "header":
      return [match.name];
    case "all":
    case "any":
      return match.of.flatMap(headerNames);
    case "not":
      return headerNames(match.of);
    default:
      return [];
  }
}

function indexIn(texts: string[], text: string): number {
  const known = texts.indexOf(text);
  return known >= 0 ? known : texts.push(text) - 1;
}

/** Compiles each expression once, however many rules have it. */
function remembering(regexes: RegexCompiler): RegexCompiler {
  const known = new Map<string, CompiledRegex>();
  return {
    compile(regex) {
      const compiled = known.get(regex) ?? regexes.compile(regex);
      known.set(regex, compiled);
      return compiled;
    },
  };
}
