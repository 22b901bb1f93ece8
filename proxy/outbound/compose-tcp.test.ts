import { describe, expect, it } from "vitest";
import { MATCH_EVERYTHING, type Match } from "../../mesh/match.ts";
import { noRegexes } from "../../mesh/regex-engine.ts";
import { RouteTable } from "../../mesh/route-table.ts";
import { findTcpRule } from "./compose-tcp.ts";

const HEADER: Match = { kind: "header", name: "x-canary", value: { kind: "present" } };

function found(...matches: readonly Match[]): number {
  return findTcpRule(
    new RouteTable(
      matches.map((match) => ({ match })),
      noRegexes,
    ),
  );
}

describe("the rule that serves connections", () => {
  it.each<[string, Match]>([
    ["method", { kind: "method", method: "GET" }],
    ["path", { kind: "path", path: "/" }],
    ["beginning of a path", { kind: "pathPrefix", prefix: "/" }],
    ["header", HEADER],
    ["header or method", { kind: "any", of: [HEADER, { kind: "method", method: "GET" }] }],
  ])("asks for no %s", (_, match) => {
    expect(found(match, MATCH_EVERYTHING)).toBe(1);
    expect(found(match)).toBe(-1);
  });

  it("is the first of those that ask for nothing", () => {
    expect(found(HEADER, MATCH_EVERYTHING, MATCH_EVERYTHING)).toBe(1);
  });

  it("may be one that rules something out", () => {
    expect(found({ kind: "not", of: HEADER }, MATCH_EVERYTHING)).toBe(0);
  });
});
