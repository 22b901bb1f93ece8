import { describe, expect, test } from "vitest";
import { DEFAULT_TIMEOUTS, type Rule } from "./destination.ts";
import { MATCH_EVERYTHING, type Match } from "./match.ts";
import { re2Regexes } from "./re2-regex.ts";
import { noRegexes } from "./regex-engine.ts";
import { DEFAULT_RETRY } from "./retry.ts";
import { DEFAULT_BEHAVIOUR, type Mirror } from "./route-behaviour.ts";
import { expressionProblem, needsRegexEngine } from "./rule-expressions.ts";
import { formatServiceKey } from "./service-key.ts";

const DARK = formatServiceKey({ scheme: "svc", namespace: "shop", name: "dark", port: 80 });

/** `mirrored` is which of its requests are copied; null where none is. */
function rule(match: Match, mirrored: Match | null = null): Rule {
  const mirror: Mirror | null = mirrored && {
    service: DARK,
    share: 1,
    match: mirrored,
    bodyBytesMax: 0,
    compare: false,
  };
  return {
    route: "",
    object: -1,
    match,
    action: {
      backends: [],
      splitObject: -1,
      timeouts: DEFAULT_TIMEOUTS,
      retry: DEFAULT_RETRY,
      behaviour: { ...DEFAULT_BEHAVIOUR, mirror },
      responseClasses: [],
    },
  };
}

const path = (regex: string): Match => ({ kind: "pathRegex", regex });
const header = (regex: string): Match => {
  return { kind: "header", name: "x", value: { kind: "regex", regex } };
};

describe("an engine", () => {
  test.each([
    ["a path of patterns", path("/a/[^/]*"), false],
    ["a path of repetitions, however deep", { kind: "not", of: path("/a{2}") } as const, true],
    ["a header of words", header("yes|no"), false],
    ["a header of anything", header(".*Firefox.*"), true],
  ])("is needed only for what is not simple: %s", (_, match, isNeeded) => {
    expect(needsRegexEngine([rule(match)])).toBe(isNeeded);
    expect(needsRegexEngine([rule(MATCH_EVERYTHING, match)])).toBe(isNeeded);
  });
});

describe("the problem of rules", () => {
  test("is none where all expressions compile", () => {
    expect(expressionProblem([rule(path("/a{2}"), header("a+b"))], re2Regexes)).toBeUndefined();
    expect(expressionProblem([rule(path("/a"))], noRegexes)).toBeUndefined();
  });

  test.each([
    ["a rule", rule(path("/a("))],
    ["what is mirrored", rule(MATCH_EVERYTHING, path("/a("))],
  ])("is the first expression that does not, of %s", (_, broken) => {
    expect(expressionProblem([rule(path("/a{2}")), broken], re2Regexes)).toContain("missing");
  });
});
