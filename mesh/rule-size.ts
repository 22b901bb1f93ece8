/**
 * How large the rules of a destination become. Routes and splits multiply: each route is written
 * once for every split, and once for the rest. A proxy refuses what passes its bounds, so whoever
 * compiles or lints asks here first, and can name the object that is too much.
 */
import { BODY_LIMITS } from "./body-limits.ts";
import type { ResponseMatch } from "./destination.ts";
import type { RouteIntent } from "./intent.ts";
import type { Match } from "./match.ts";

/** Parts of a match, as `check-match.ts` counts them when a snapshot is read. */
export function matchNodes(match: Match | ResponseMatch): number {
  switch (match.kind) {
    case "all":
    case "any": {
      let nodes = 1;
      for (const part of match.of) nodes += matchNodes(part);
      return nodes;
    }
    case "not":
      return 1 + matchNodes(match.of);
    default:
      return 1;
  }
}

/** All matches of one route: what it asks of requests, of answers, and of what it mirrors. */
export function routeNodes({ match, responseClasses, behaviour }: RouteIntent): number {
  let nodes = matchNodes(match);
  for (const one of responseClasses) nodes += matchNodes(one.match);
  const mirrored = behaviour.mirror?.match ?? null;
  return mirrored === null ? nodes : nodes + matchNodes(mirrored);
}

/** The rules of one destination, counted while splits are taken in. */
export class RuleSize {
  readonly #routeCount: number;
  readonly #routesNodes: number;
  #ruleCount: number;
  #nodes: number;

  constructor(routes: readonly RouteIntent[]) {
    this.#routeCount = routes.length;
    this.#routesNodes = routes.reduce((sum, route) => sum + routeNodes(route), 0);
    this.#ruleCount = routes.length + 1;
    this.#nodes = this.#routesNodes + 1;
  }

  /**
   * Takes in a split that is bound to a match. What it would have been when it does not fit, and
   * is not taken; empty when it was.
   */
  add(match: Match): string {
    const matched = matchNodes(match);
    const rules = this.#ruleCount + this.#routeCount + 1;
    // Route and split stand side by side in one node more, and the split once by itself.
    const nodes = this.#nodes + this.#routesNodes + this.#routeCount * (1 + matched) + matched;
    const excess = excessOf(rules, nodes);
    if (excess === "") {
      this.#ruleCount = rules;
      this.#nodes = nodes;
    }
    return excess;
  }
}

/** Empty when rules of that size are taken. */
function excessOf(rules: number, nodes: number): string {
  const { rulesMax, matchNodesMax } = BODY_LIMITS;
  if (rules > rulesMax) return `${rules} rules, and a proxy takes ${rulesMax}`;
  if (nodes > matchNodesMax) {
    return `rules of ${nodes} conditions, and a proxy takes ${matchNodesMax}`;
  }
  return "";
}
