import { describe, expect, it } from "vitest";
import { MATCH_TEXT_LENGTH_MAX, matchProblem, responseMatchProblem } from "./check-match.ts";
import { MATCH_DEPTH_MAX } from "./match.ts";

const GET = { kind: "method", method: "GET" };
const FAILED = { kind: "status", min: 500, max: 599 };
const enough = () => ({ left: 1_000 });

const KINDS = [
  ["requests", matchProblem, GET],
  ["answers", responseMatchProblem, FAILED],
] as const;

describe.each(KINDS)("a match of %s", (_what, problemOf, leaf) => {
  /** `leaf` at that depth, below nodes of that kind. */
  const nested = (depth: number, kind: "all" | "any" | "not"): unknown =>
    depth === 1
      ? leaf
      : { kind, of: kind === "not" ? nested(depth - 1, kind) : [nested(depth - 1, kind)] };

  it.each(["all", "any", "not"] as const)("nests %s so deep and no deeper", (kind) => {
    expect(problemOf(nested(MATCH_DEPTH_MAX, kind), enough())).toBeUndefined();
    expect(problemOf(nested(MATCH_DEPTH_MAX + 1, kind), enough())).toContain("nests deeper");
  });

  it("has so many parts and no more, over all that are counted together", () => {
    const three = { kind: "all", of: [leaf, { kind: "not", of: leaf }] };
    const budget = { left: 9 };
    for (const left of [5, 1]) {
      expect(problemOf(three, budget)).toBeUndefined();
      expect(budget.left).toBe(left);
    }
    expect(problemOf(three, budget)).toBe("the matches have too many parts");
  });

  it.each([
    [undefined],
    [null],
    ["GET"],
    [7],
    [[leaf]],
    [{}],
    [{ kind: "none" }],
    [{ kind: "all" }],
    [{ kind: "all", of: leaf }],
    [{ kind: "any", of: [null] }],
    [{ kind: "not", of: [leaf] }],
    [{ kind: "not" }],
  ])("is not %j", (value) => {
    expect(problemOf(value, enough())).toBeTypeOf("string");
  });
});

it.each([
  [{ kind: "method", method: "GE T" }],
  [{ kind: "path", path: 7 }],
  [{ kind: "pathPrefix", prefix: "/".repeat(MATCH_TEXT_LENGTH_MAX + 1) }],
  [{ kind: "header", name: "X-Upper", value: { kind: "present" } }],
  [{ kind: "header", name: "x", value: null }],
  [{ kind: "header", name: "x", value: [] }],
  [{ kind: "header", name: "x", value: { kind: "contains", text: "a" } }],
  [{ kind: "header", name: "x", value: { kind: "exact" } }],
])("no request is matched by %j", (value) => {
  expect(matchProblem(value, enough())).toBeTypeOf("string");
});

it.each([
  [99, 599],
  [100, 600],
  [500.5, 599],
  ["500", 599],
  [500, undefined],
  [502, 500],
])("no answer has a status from %s to %s", (min, max) => {
  expect(responseMatchProblem({ kind: "status", min, max }, enough())).toContain("status range");
  expect(responseMatchProblem({ kind: "status", min: 100, max: 599 }, enough())).toBeUndefined();
});
