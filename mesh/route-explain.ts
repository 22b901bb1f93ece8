/** Why a rule does not match a request, in words. Slow, and by the same predicates. */
import { latin1Text } from "./latin1.ts";
import type { Match, StringMatch } from "./match.ts";
import type { MatchInput } from "./match-input.ts";
import { compilePredicate } from "./predicate.ts";
import type { RegexCompiler } from "./regex-engine.ts";

/** Values of callers are quoted no further than this. */
const QUOTED_CHARACTERS_MAX = 100;

/** The first predicate that fails; empty when all hold. */
export function firstFailure(match: Match, input: MatchInput, regexes: RegexCompiler): string {
  if (compilePredicate(match, regexes).test(input)) return "";
  switch (match.kind) {
    case "method":
      return `method is ${methodOf(input)}, not ${quote(match.method)}`;
    case "path":
      return `path ${pathOf(input)} is not ${quote(match.path)}`;
    case "pathPrefix":
      return `path ${pathOf(input)} does not begin with ${quote(match.prefix)}`;
    case "pathRegex":
      return `path ${pathOf(input)} does not match ${quote(match.regex)}`;
    case "header":
      return headerFailure(match.name, match.value, input);
    case "all": {
      const failed = match.of.map((each) => firstFailure(each, input, regexes));
      return failed.find((text) => text !== "") ?? "";
    }
    case "any":
      return match.of.length === 0
        ? "it matches nothing"
        : match.of.map((each) => firstFailure(each, input, regexes)).join("; and ");
    case "not":
      return `it must not be that ${describe(match.of)}`;
  }
}

function methodOf(input: MatchInput): string {
  return quote(latin1Text(input.bytes, input.methodStart, input.methodEnd));
}

function pathOf(input: MatchInput): string {
  return quote(latin1Text(input.bytes, input.pathStart, input.pathEnd));
}

function headerFailure(name: string, match: StringMatch, input: MatchInput): string {
  const first = input.headerValue(name, 0);
  if (first === undefined) return `header ${name} is missing`;
  const more = input.headerValue(name, 1) === undefined ? "" : " (and others)";
  return `header ${name}, ${quote(first)}${more}, ${refuteString(match)}`;
}

/** A match as a clause: `method is "GET"`. */
function describe(match: Match): string {
  switch (match.kind) {
    case "method":
      return `method is ${quote(match.method)}`;
    case "path":
      return `path is ${quote(match.path)}`;
    case "pathPrefix":
      return `path begins with ${quote(match.prefix)}`;
    case "pathRegex":
      return `path matches ${quote(match.regex)}`;
    case "header":
      return `header ${match.name} ${describeString(match.value)}`;
    case "all":
      return match.of.length === 0 ? "anything" : joined(match.of, "and");
    case "any":
      return match.of.length === 0 ? "nothing" : joined(match.of, "or");
    case "not":
      return `not ${describe(match.of)}`;
  }
}

function describeString(match: StringMatch): string {
  switch (match.kind) {
    case "present":
      return "is present";
    case "exact":
      return `is ${quote(match.text)}`;
    case "prefix":
      return `begins with ${quote(match.text)}`;
    case "suffix":
      return `ends with ${quote(match.text)}`;
    case "regex":
      return `matches ${quote(match.regex)}`;
  }
}

function refuteString(match: StringMatch): string {
  switch (match.kind) {
    case "present":
      return "is not present";
    case "exact":
      return `is not ${quote(match.text)}`;
    case "prefix":
      return `does not begin with ${quote(match.text)}`;
    case "suffix":
      return `does not end with ${quote(match.text)}`;
    case "regex":
      return `does not match ${quote(match.regex)}`;
  }
}

function joined(of: readonly Match[], word: string): string {
  return of.length === 1 ? describe(of[0]!) : `(${of.map(describe).join(` ${word} `)})`;
}

function quote(text: string): string {
  const cut = text.length > QUOTED_CHARACTERS_MAX;
  return JSON.stringify(cut ? `${text.slice(0, QUOTED_CHARACTERS_MAX)}…` : text);
}
