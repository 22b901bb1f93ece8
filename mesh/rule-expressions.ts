/**
 * The regular expressions of a destination's rules: those by which a rule is found, and those by
 * which some of its requests are mirrored. Whoever composes a destination asks here first, whether
 * an engine has to be loaded and whether it takes all of them.
 */
import type { Rule } from "./destination.ts";
import type { Match } from "./match.ts";
import { compilePredicate, needsRegexes } from "./predicate.ts";
import type { RegexCompiler } from "./regex-engine.ts";
import { RouteTable } from "./route-table.ts";

/** Whether compiling these rules will need a real engine for regular expressions. */
export function needsRegexEngine(rules: readonly Rule[]): boolean {
  return rules.some((rule) => {
    const mirrored = mirroredMatch(rule);
    return needsRegexes(rule.match) || (mirrored !== null && needsRegexes(mirrored));
  });
}

/** Why these rules cannot be compiled, in one line; undefined when they can be. */
export function expressionProblem(
  rules: readonly Rule[],
  regexes: RegexCompiler,
): string | undefined {
  try {
    new RouteTable(rules, regexes);
    for (const rule of rules) {
      const mirrored = mirroredMatch(rule);
      if (mirrored !== null) compilePredicate(mirrored, regexes);
    }
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function mirroredMatch({ action }: Rule): Match | null {
  return action.behaviour.mirror?.match ?? null;
}
