import { describe, expect, it } from "vitest";
import { ROOT } from "../base/shape.ts";
import { DEFAULT_BEHAVIOUR_INTENT, type RouteIntent } from "../mesh/intent.ts";
import type { Match } from "../mesh/match.ts";
import { checkRoutesSize } from "./check-size.ts";
import type { ReadContext } from "./kind.ts";

function check(routeCount: number, parts: number): readonly string[] {
  const found: string[] = [];
  const silent = () => undefined;
  const context: ReadContext = {
    clusterDomain: "cluster.local",
    error: (_, code, message) => found.push(`${code}: ${message}`),
    warning: silent,
    note: silent,
    notEnforced: silent,
  };
  const leaf: Match = { kind: "path", path: "/" };
  const match: Match = { kind: "any", of: Array.from({ length: parts - 1 }, () => leaf) };
  const route: RouteIntent = {
    ...{ name: "r", match, priority: 0, responseClasses: [], isRetryable: false },
    ...{ requestTimeoutMs: 0, responseTimeoutMs: 0, idleTimeoutMs: 0 },
    behaviour: DEFAULT_BEHAVIOUR_INTENT,
  };
  checkRoutesSize(
    Array.from({ length: routeCount }, () => route),
    ROOT,
    context,
  );
  return found;
}

describe("the size of a profile's routes", () => {
  it("is right up to what a proxy takes", () => {
    expect(check(1, 199_999)).toEqual([]);
    expect(check(1000, 199)).toEqual([]);
  });

  it("is an error beyond it", () => {
    const problem = (nodes: number) =>
      `too-large: have ${nodes} conditions in all, and a proxy takes 199999`;
    expect(check(1, 200_000)).toEqual([problem(200_000)]);
    expect(check(1000, 200)).toEqual([problem(200_000)]);
  });
});
