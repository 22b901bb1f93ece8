import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BODY_LIMITS } from "./body-limits.ts";
import { matchProblem } from "./check-match.ts";
import { DEFAULT_BEHAVIOUR_INTENT, type RouteIntent } from "./intent.ts";
import type { Match } from "./match.ts";
import { matchNodes, RuleSize, routeNodes } from "./rule-size.ts";

const leaf: Match = { kind: "path", path: "/" };
const { tree } = fc.letrec<{ tree: Match }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.constant(leaf),
    fc.array(tie("tree"), { maxLength: 4 }).map((of): Match => ({ kind: "all", of })),
    fc.array(tie("tree"), { maxLength: 4 }).map((of): Match => ({ kind: "any", of })),
    tie("tree").map((of): Match => ({ kind: "not", of })),
  ),
}));

const broad = (parts: number): Match => ({
  kind: "any",
  of: Array.from({ length: parts - 1 }, () => leaf),
});

function route(match: Match): RouteIntent {
  return {
    name: "r",
    match,
    priority: 0,
    responseClasses: [],
    isRetryable: false,
    requestTimeoutMs: 0,
    responseTimeoutMs: 0,
    idleTimeoutMs: 0,
    behaviour: DEFAULT_BEHAVIOUR_INTENT,
  };
}

describe("the size of rules", () => {
  it("counts the parts of a match as a proxy does that reads it", () => {
    fc.assert(
      fc.property(tree, (match) => {
        const nodes = matchNodes(match);
        expect(matchProblem(match, { left: nodes })).toBeUndefined();
        expect(matchProblem(match, { left: nodes - 1 })).toContain("too many");
      }),
    );
  });

  it("counts everything that a route matches", () => {
    const status = { kind: "status", min: 500, max: 599 } as const;
    const service = { namespace: "shop", name: "dark" };
    const mirror = { service, share: 1, match: broad(3), bodyBytesMax: 0, compare: false };
    const full = {
      ...route(broad(5)),
      responseClasses: [{ match: { kind: "not", of: status } as const, isFailure: true }],
      behaviour: { ...DEFAULT_BEHAVIOUR_INTENT, mirror },
    };
    expect(routeNodes(full)).toBe(5 + 2 + 3);
  });

  it("takes splits until the rules are too many, and goes on without those", () => {
    const size = new RuleSize(Array.from({ length: 1000 }, () => route(leaf)));
    const taken = Array.from({ length: 12 }, () => size.add(leaf));
    expect(taken.slice(0, 8)).toEqual(Array(8).fill(""));
    expect(taken[9]).toBe(`10010 rules, and a proxy takes ${BODY_LIMITS.rulesMax}`);
    expect(taken[11]).toBe(taken[9]);
  });

  it("takes splits until their conditions are too many", () => {
    const size = new RuleSize([route(broad(100))]);
    expect(size.add(broad(90_000))).toBe("");
    expect(size.add(broad(90_000))).toBe(
      `rules of 360303 conditions, and a proxy takes ${BODY_LIMITS.matchNodesMax}`,
    );
    expect(size.add(leaf)).toBe("");
  });
});
