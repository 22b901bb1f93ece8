import { describe, expect, it } from "vitest";
import { failuresOf, formatFailures } from "./test-failures.ts";

const ESCAPE = String.fromCharCode(27);

const test = (fullName: string, status: string, ...failureMessages: string[]) => ({
  ...{ fullName, status, failureMessages },
});

const REPORT = {
  testResults: [
    {
      name: "/checkout/one.test.ts",
      status: "failed",
      message: "",
      assertionResults: [
        test("one works", "passed"),
        test(
          "one fails",
          "failed",
          `Error: ${ESCAPE}[31mno luck${ESCAPE}[39m\n\nagain\n    at f (x:1)`,
        ),
        test("one waits", "pending"),
      ],
    },
    {
      name: "/checkout/two.test.ts",
      status: "failed",
      message: "SyntaxError: what is this",
      assertionResults: [],
    },
    { name: "/checkout/three.test.ts", status: "passed", message: "", assertionResults: [] },
  ],
};

describe("failuresOf", () => {
  it("finds failed tests, and files that did not load", () => {
    expect(failuresOf(REPORT, "/checkout")).toEqual([
      { name: "one.test.ts > one fails", lines: ["Error: no luck", "again"] },
      { name: "two.test.ts", lines: ["SyntaxError: what is this"] },
    ]);
  });

  it.each([undefined, null, 1, {}, { testResults: 5 }, { testResults: [null, {}, { status: 1 }] }])(
    "finds none in %j",
    (report) => {
      expect(failuresOf(report, "/")).toEqual([]);
    },
  );
});

describe("formatFailures", () => {
  it("says nothing of a run without any", () => {
    expect(formatFailures([])).toBe("");
  });

  it("puts errors under their names", () => {
    expect(formatFailures(failuresOf(REPORT, "/checkout"))).toBe(
      "failed:\n  one.test.ts > one fails\n      Error: no luck\n      again\n" +
        "  two.test.ts\n      SyntaxError: what is this\n",
    );
  });

  it("is bounded, in failures and in lines", () => {
    const long = "line\n".repeat(100);
    const assertionResults = Array.from({ length: 60 }, (_, at) => test(`t${at}`, "failed", long));
    const report = { testResults: [{ name: "/a.test.ts", status: "failed", assertionResults }] };
    const text = formatFailures(failuresOf(report, ""));
    expect(text.split("\n")).toHaveLength(1 + 50 * 5 + 1 + 1);
    expect(text).toContain("  and 10 more\n");
  });
});
