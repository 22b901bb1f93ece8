import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Match, StringMatch } from "./match.ts";
import type { MatchInput } from "./match-input.ts";
import { re2Regexes } from "./re2-regex.ts";
import { noRegexes, RegexError } from "./regex-engine.ts";
import { type Matching, RouteTable } from "./route-table.ts";
import { TextRequest } from "./text-request.ts";

type Headers = readonly (readonly [string, string])[];

interface Sample {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  /** What comes after the path, and must not be read. */
  readonly behind: string;
}

/** What matches mean, written down a second time, over strings and with another engine. */
function means(match: Match, request: Sample): boolean {
  switch (match.kind) {
    case "method":
      return request.method === match.method;
    case "path":
      return request.path === match.path;
    case "pathPrefix":
      return request.path.startsWith(match.prefix);
    case "pathRegex":
      return new RegExp(`^(?:${match.regex})$`, "u").test(request.path);
    case "header":
      return request.headers.some(
        ([name, value]) => name.toLowerCase() === match.name && stringMeans(match.value, value),
      );
    case "all":
      return match.of.every((each) => means(each, request));
    case "any":
      return match.of.some((each) => means(each, request));
    case "not":
      return !means(match.of, request);
  }
}

function stringMeans(match: StringMatch, value: string): boolean {
  switch (match.kind) {
    case "present":
      return true;
    case "exact":
      return value === match.text;
    case "prefix":
      return value.startsWith(match.text);
    case "suffix":
      return value.endsWith(match.text);
    case "regex":
      return new RegExp(`^(?:${match.regex})$`, "u").test(value);
  }
}

const segment = fc.constantFrom("a", "b", "ab", "abc", "1", "12", "", "a.b", "ü");
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
const regexPiece = fc.constantFrom(
  "a",
  "ab",
  "[^/]*",
  "[^/]+",
  "\\d+",
  "(a|b)",
  "a?",
  "[ab]",
  "[a-c]+",
  ".*",
  "a\\.b",
  ".*b",
  "a{1,2}",
  "ü",
);
const regex = fc
  .array(regexPiece, { minLength: 1, maxLength: 4 })
  .chain((pieces) =>
    fc.constantFrom(`/${pieces.join("/")}`, `/${pieces.join("")}`, `${pieces[0]}`),
  );
const text = fc.constantFrom("", "x", "xy", "yes", "ü");
const stringMatch: fc.Arbitrary<StringMatch> = fc.oneof(
  fc.constant({ kind: "present" } as const),
  fc.record({ kind: fc.constantFrom("exact", "prefix", "suffix"), text }),
  fc.record({
    kind: fc.constant("regex"),
    regex: fc.constantFrom("x.*", "yes|x", ".{2}", "ü", ""),
  }),
);
const method = fc.constantFrom("GET", "POST", "PUT");
const headerName = fc.constantFrom("x-a", "x-b");
const leaf: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ kind: fc.constant("method"), method }),
  fc.record({ kind: fc.constant("path"), path }),
  fc.record({ kind: fc.constant("pathPrefix"), prefix: path }),
  fc.record({ kind: fc.constant("pathRegex"), regex }),
  fc.record({ kind: fc.constant("pathRegex"), regex }),
  fc.record({ kind: fc.constant("header"), name: headerName, value: stringMatch }),
);
const matches: fc.Arbitrary<Match> = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { arbitrary: leaf, weight: 4 },
    {
      arbitrary: fc.record({
        kind: fc.constantFrom("all", "any"),
        of: fc.array(tie("match"), { maxLength: 3 }),
      }),
      weight: 3,
    },
    { arbitrary: fc.record({ kind: fc.constant("not"), of: tie("match") }), weight: 1 },
  ),
})).match;
const requests: fc.Arbitrary<Sample> = fc.record({
  method,
  path,
  headers: fc.array(fc.tuple(fc.constantFrom("X-A", "x-b"), text), { maxLength: 3 }),
  behind: fc.constantFrom("?a", "a", "b/a", "2", "/a", "/1", " HTTP/1.1"),
});

/** As it comes from a connection: in the middle of other bytes, which are none of the path's. */
function onTheWire({ method, path, headers, behind }: Sample): MatchInput {
  const text = new TextRequest(method, path, headers);
  const bytes = new TextEncoder().encode(`/a/b${method} ${path}${behind}`);
  const pathStart = 5 + text.methodEnd;
  return {
    bytes,
    methodStart: 4,
    methodEnd: 4 + text.methodEnd,
    pathStart,
    pathEnd: pathStart + text.pathEnd - text.pathStart,
    headerValue: (name, nth) => text.headerValue(name, nth),
  };
}

function toRules(of: readonly Match[]): readonly Matching[] {
  return of.map((match) => ({ match }));
}

describe("find", () => {
  test("is first match in order, whatever the rules and the request", () => {
    fc.assert(
      fc.property(
        fc.array(matches, { minLength: 1, maxLength: 12 }),
        fc.array(requests, { minLength: 1, maxLength: 12 }),
        (list, tried) => {
          const table = new RouteTable(toRules(list), re2Regexes);
          for (const request of tried) {
            const input = onTheWire(request);
            const naive = list.findIndex((match) => means(match, request));
            expect(table.find(input)).toBe(naive);
            const trials = table.explain(input);
            expect(trials.findIndex((trial) => trial.matched)).toBe(naive);
            expect(trials).toHaveLength(naive < 0 ? list.length : naive + 1);
            for (const trial of trials) expect(trial.failed === "").toBe(trial.matched);
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  test("prefers the lower rule whether it is longer or shorter, literal or not", () => {
    const table = new RouteTable(
      toRules([
        { kind: "path", path: "/books/new" },
        { kind: "pathRegex", regex: "/books/[^/]+" },
        { kind: "pathRegex", regex: "/books/newest" },
        { kind: "pathPrefix", prefix: "/boo" },
        { kind: "all", of: [] },
      ]),
      noRegexes,
    );
    const find = (asked: string) => table.find(new TextRequest("GET", asked));
    expect(find("/books/new")).toBe(0);
    expect(find("/books/newest")).toBe(1);
    expect(find("/books/")).toBe(3);
    expect(find("/books/1/x")).toBe(3);
    expect(find("/")).toBe(4);
    expect(find("")).toBe(4);
  });

  test("looks only at the path's bytes, not at what stands around them", () => {
    const table = new RouteTable(toRules([{ kind: "path", path: "/ab" }]), noRegexes);
    const bytes = new TextEncoder().encode("GET /ab?c /abc");
    const input = { bytes, methodStart: 0, methodEnd: 3, headerValue: () => undefined };
    expect(table.find({ ...input, pathStart: 4, pathEnd: 7 })).toBe(0);
    expect(table.find({ ...input, pathStart: 4, pathEnd: 6 })).toBe(-1);
    expect(table.find({ ...input, pathStart: 10, pathEnd: 14 })).toBe(-1);
    const prefix = new RouteTable(toRules([{ kind: "pathPrefix", prefix: "/ab" }]), noRegexes);
    expect(prefix.find({ ...input, pathStart: 4, pathEnd: 7 })).toBe(0);
    expect(prefix.find({ ...input, pathStart: 4, pathEnd: 6 })).toBe(-1);
  });

  test("takes percent-encoding and dots as they come", () => {
    const table = new RouteTable(toRules([{ kind: "pathPrefix", prefix: "/a/b" }]), noRegexes);
    expect(table.find(new TextRequest("GET", "/a%2Fb"))).toBe(-1);
    expect(table.find(new TextRequest("GET", "/x/../a/b"))).toBe(-1);
  });

  test("finds each of a thousand routes", () => {
    const list: Match[] = Array.from({ length: 1000 }, (_, index) => ({
      kind: "pathRegex",
      regex: `/service${index}/[^/]*/items`,
    }));
    const table = new RouteTable(toRules(list), noRegexes);
    for (let index = 0; index < 1000; index += 1) {
      expect(table.find(new TextRequest("GET", `/service${index}/7/items`))).toBe(index);
    }
  });

  test("runs no expression for a rule that can no longer be first", () => {
    const asked: string[] = [];
    const spying = {
      compile: (expression: string) => ({
        matchesBytes: () => asked.push(expression) > 0,
        matchesLatin1: () => false,
      }),
    };
    const table = new RouteTable(
      toRules([
        { kind: "pathRegex", regex: "/b/.*x" },
        { kind: "pathPrefix", prefix: "/a" },
        { kind: "pathRegex", regex: "/a.*x" },
      ]),
      spying,
    );
    expect(table.find(new TextRequest("GET", "/abx"))).toBe(1);
    expect(asked).toEqual([]);
  });
});

describe("compiling", () => {
  test("names the headers that rules ask for, each once", () => {
    const header: Match = { kind: "header", name: "x-a", value: { kind: "present" } };
    const table = new RouteTable(
      toRules([header, { kind: "not", of: { kind: "any", of: [header] } }]),
      noRegexes,
    );
    expect(table.headerNames).toEqual(["x-a"]);
  });

  test("refuses an expression that is wrong", () => {
    const rules = toRules([{ kind: "pathRegex", regex: "/a(" }]);
    expect(() => new RouteTable(rules, re2Regexes)).toThrow(RegexError);
  });

  test("takes many alternatives as one test instead of many entries", () => {
    const segments = Array.from({ length: 300 }, (_, index) => `/p${index}`);
    const any: Match = { kind: "any", of: segments.map((each) => ({ kind: "path", path: each })) };
    const table = new RouteTable(toRules([any]), noRegexes);
    expect(table.find(new TextRequest("GET", "/p299"))).toBe(0);
    expect(table.find(new TextRequest("GET", "/p300"))).toBe(-1);
  });
});

describe("explain", () => {
  const say = (match: Match, request: TextRequest) =>
    new RouteTable(toRules([match]), re2Regexes).explain(request)[0]?.failed;
  const get = new TextRequest("GET", "/a", [["X-Canary", "no"]]);

  test.each<[string, Match]>([
    ['method is "GET", not "POST"', { kind: "method", method: "POST" }],
    ['path "/a" is not "/b"', { kind: "path", path: "/b" }],
    ['path "/a" does not begin with "/b"', { kind: "pathPrefix", prefix: "/b" }],
    ['path "/a" does not match "/.{2}"', { kind: "pathRegex", regex: "/.{2}" }],
    [
      "header x-user is missing",
      { kind: "header", name: "x-user", value: { kind: "exact", text: "me" } },
    ],
    [
      'header x-canary, "no", is not "yes"',
      { kind: "header", name: "x-canary", value: { kind: "exact", text: "yes" } },
    ],
    [
      'method is "GET", not "PUT"',
      {
        kind: "all",
        of: [
          { kind: "path", path: "/a" },
          { kind: "method", method: "PUT" },
          { kind: "path", path: "/c" },
        ],
      },
    ],
    [
      'method is "GET", not "PUT"; and path "/a" is not "/c"',
      {
        kind: "any",
        of: [
          { kind: "method", method: "PUT" },
          { kind: "path", path: "/c" },
        ],
      },
    ],
    [
      'it must not be that path begins with "/"',
      { kind: "not", of: { kind: "pathPrefix", prefix: "/" } },
    ],
  ])("%s", (words, match) => {
    expect(say(match, get)).toBe(words);
  });

  test("quotes what callers send, and not all of it", () => {
    const words = say(
      { kind: "path", path: "/" },
      new TextRequest("GET", `/"\n${"x".repeat(500)}`),
    );
    expect(words).toContain('path "/\\"\\n');
    expect(words?.length).toBeLessThan(150);
  });
});
