import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { latin1Bytes } from "./latin1.ts";
import { matchesPattern } from "./path-pattern.ts";
import { literalPrefix, parsePathRegex } from "./path-regex.ts";
import { re2Regexes } from "./re2-regex.ts";

const SIMPLE: readonly (readonly [regex: string, yes: readonly string[], no: readonly string[]])[] =
  [
    ["", [""], ["/"]],
    ["/books", ["/books"], ["/book", "/books/", "/Books", ""]],
    ["^/books$", ["/books"], ["/books/1"]],
    ["/books/[^/]*", ["/books/", "/books/1"], ["/books", "/books/1/"]],
    ["/books/[^/]+/edit", ["/books/1/edit"], ["/books//edit", "/books/1/2/edit"]],
    ["/books/\\d+", ["/books/12"], ["/books/", "/books/1a"]],
    ["/v[12]/x?", ["/v1/", "/v2/x"], ["/v3/", "/v1/xx"]],
    ["/(?:a|b|)/c", ["/a/c", "/b/c", "//c"], ["/ab/c"]],
    ["/a(/[^/]+)?", ["/a", "/a/b"], ["/a/", "/a/b/c"]],
    ["/api/.*", ["/api/", "/api/x/y"], ["/api"]],
    [".*", ["", "/x"], []],
    [".+", ["/"], [""]],
    ["/a|/b/[^/]*", ["/a", "/b/x"], ["/a/x"]],
    ["/file\\.txt", ["/file.txt"], ["/filextxt"]],
    ["/\\d+-[a-z]+", ["/12-ab"], ["/-ab", "/12-"]],
    ["/ab+/c*", ["/ab/", "/abbb/cc"], ["/a/", "/ab"]],
    ["/[\\w-]+/\\W*", ["/a-b_1/%%"], ["/a.b/"]],
    ["/[]a]/[^]/]+", ["/]/a", "/a/b"], ["/b/a", "/a/]"]],
    ["/x*?/y+?", ["//y", "/x/yy"], ["/x/"]],
  ];

const NOT_SIMPLE = [
  "/[^/]*\\.json", // the run would have to give back
  "/.*/edit",
  "/a{2}",
  "(?i)/a",
  "/(ab)+",
  "/\\pL+",
  "/[^/]",
  "/[[:alpha:]]+",
  "/[a-z&&[^b]]+",
  "/ü*",
  "/[ü]+",
  "/\\Qa.b\\E",
  "(^/a$)",
  "/(?P<id>a)",
];

describe("simple expressions", () => {
  test.each(SIMPLE)("%s becomes patterns that mean the same", (regex, yes, no) => {
    const patterns = parsePathRegex(regex);
    const fits = (path: string) =>
      patterns?.some((pattern) => matchesPattern(pattern, latin1Bytes(path), 0, path.length));
    expect(patterns).toBeDefined();
    for (const path of yes) expect(fits(path), path).toBe(true);
    for (const path of no) expect(fits(path), path).toBe(false);
  });

  test.each(NOT_SIMPLE)("%s is left to the engine", (regex) => {
    expect(parsePathRegex(regex)).toBeUndefined();
  });

  test.each(["/(a", "/a)", "/[a", "*", "/a**", "/a\\", "/[b-a]+"])(
    "%s, which is wrong, is left to the engine to refuse",
    (regex) => {
      expect(parsePathRegex(regex)).toBeUndefined();
      expect(() => re2Regexes.compile(regex)).toThrow();
    },
  );

  test("an expression of very many alternatives is left to the engine", () => {
    expect(parsePathRegex("/(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)")).toHaveLength(64);
    expect(parsePathRegex("/(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)")).toBeUndefined();
  });
});

const piece = fc.constantFrom(
  ..."/ / a b 1 - . \\d [^/]* [^/]+ .* [ab] [^a] [a-z]+ ü \\w+".split(" "),
  ..."( (?: ) | ? + * \\. x? (a|b) ^ $".split(" "),
);
const regexes = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
const paths = fc
  .array(fc.constantFrom("/", "/", "a", "b", "1", "-", ".", "ü", "z"), { maxLength: 8 })
  .map((pieces) => pieces.join(""));

test("whatever is simple means what the engine takes it for", () => {
  fc.assert(
    fc.property(regexes, fc.array(paths, { minLength: 1, maxLength: 10 }), (regex, tried) => {
      const patterns = parsePathRegex(regex);
      if (patterns === undefined) return;
      const engine = re2Regexes.compile(regex);
      for (const path of tried) {
        const bytes = new TextEncoder().encode(path);
        const fits = patterns.some((each) => matchesPattern(each, bytes, 0, bytes.length));
        expect(fits, `${regex} on ${path}`).toBe(engine.matchesBytes(bytes, 0, bytes.length));
      }
    }),
    { numRuns: 3000 },
  );
});

test("whatever matches begins with the literal prefix", () => {
  fc.assert(
    fc.property(regexes, fc.array(paths, { minLength: 1, maxLength: 10 }), (regex, tried) => {
      const prefix = literalPrefix(regex);
      let engine: ReturnType<typeof re2Regexes.compile>;
      try {
        engine = re2Regexes.compile(regex);
      } catch {
        return;
      }
      for (const path of tried) {
        const bytes = new TextEncoder().encode(path);
        if (!engine.matchesBytes(bytes, 0, bytes.length)) continue;
        expect(path.startsWith(prefix), `${regex} on ${path}: ${prefix}`).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ["/files/[^/]*\\.json", "/files/"],
  ["^/a\\.b.{2}", "/a.b"],
  ["/ab*c", "/a"],
  ["/ab+c", "/ab"],
  ["/a(b|c){2}", "/a"],
  ["/a|/b.{2}", ""],
  ["(?i)/a", ""],
])("the literal prefix of %s is %s", (regex, prefix) => {
  expect(literalPrefix(regex)).toBe(prefix);
});
