import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROOT } from "../base/shape.ts";
import { re2Regexes } from "../mesh/re2-regex.ts";
import type { ReadContext } from "./kind.ts";
import { type Anchoring, type Dialect, readPathRegex, readRegex } from "./read-regex.ts";

/** What comes back, and what is said. */
function read(regex: string, anchoring: Anchoring = "whole", dialect: Dialect = "re2") {
  const said: string[] = [];
  const say = (word: string) => (_: unknown, code: string) => said.push(`${word} ${code}`);
  const context: ReadContext = {
    clusterDomain: "cluster.local",
    error: say("error"),
    warning: say("warning"),
    note: say("note"),
    notEnforced: () => {},
  };
  return { whole: readRegex(regex, anchoring, dialect, ROOT, context), said, context };
}

/** Small expressions in the part of the syntax that JavaScript and RE2 share. */
const expression = fc.letrec<{ node: string; leaf: string }>((tie) => ({
  leaf: fc.constantFrom("a", "b", "/", ".", "[ab]", "[^/]", "\\/", "a*", "b+", "/?", ".*", "\\$"),
  node: fc.oneof(
    { maxDepth: 3 },
    tie("leaf"),
    fc.tuple(tie("node"), tie("node")).map(([one, other]) => `${one}${other}`),
    fc.tuple(tie("node"), tie("node")).map(([one, other]) => `(${one}|${other})`),
    fc.tuple(tie("node"), tie("node")).map(([one, other]) => `${one}|${other}`),
  ),
})).node;
const anchored = fc
  .tuple(fc.constantFrom("", "^"), expression, fc.constantFrom("", "$"))
  .map((parts) => parts.join(""));
const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "$"), maxLength: 6 });

describe("the whole expression means what the anchored one does", () => {
  const cases: readonly [Anchoring, (regex: string) => string][] = [
    ["whole", (regex) => `^(?:${regex})$`],
    ["start", (regex) => `^(?:${regex})`],
    ["each-end", (regex) => `${regex.startsWith("^") ? "" : "^"}${regex}${dollar(regex)}`],
  ];
  /** Linkerd looks at the last character alone; a literal dollar is told apart here. */
  const dollar = (regex: string) => (/(^|[^\\])(\\\\)*\$$/.test(regex) ? "" : "$");

  it.each(cases)("%s", (anchoring, anchor) => {
    fc.assert(
      fc.property(anchored, fc.array(text, { minLength: 8, maxLength: 8 }), (regex, texts) => {
        const { whole } = read(regex, anchoring);
        const judge = new RegExp(anchor(regex));
        const ours = re2Regexes.compile(whole ?? "");
        for (const one of texts) {
          expect([regex, whole, one, ours.matchesLatin1(one)]).toEqual([
            regex,
            whole,
            one,
            judge.test(one),
          ]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("readRegex", () => {
  it("refuses what RE2 cannot promise, and what it would read differently", () => {
    for (const regex of ["(?=a)", "(a)\\1", "(", "a{1001}", "[z-a]", "[a&&b]", "(?x) a"]) {
      expect(read(regex)).toMatchObject({ whole: undefined, said: ["error bad-regex"] });
    }
  });

  it("refuses Rust's operators only where the text was meant for Rust", () => {
    expect(read("[a[b]", "whole", "re2").said).toEqual([]);
    expect(read("[a[b]", "whole", "rust").said).toEqual(["error bad-regex"]);
    expect(read("[[:alpha:]&]", "whole", "rust").said).toEqual([]);
    expect(read("[]a]&&[^]b]", "whole", "rust").said).toEqual([]);
  });

  it("leaves quoted text as it is", () => {
    expect(read("\\Qa|b$\\E", "each-end").whole).toBe("\\Qa|b$\\E");
    expect(re2Regexes.compile(read("\\Qa.\\E", "start").whole ?? "").matchesLatin1("a.b")).toBe(
      true,
    );
  });

  it("notes what has to be tried in order", () => {
    const { context, said } = read("");
    readPathRegex("/a/[^/]*", "whole", "re2", ROOT, context);
    expect(said).toEqual([]);
    readPathRegex("/.*/a/.*b", "whole", "re2", ROOT, context);
    expect(said).toEqual(["note ordered-regex"]);
  });
});
