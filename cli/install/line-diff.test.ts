import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffLines } from "./line-diff.ts";

describe("diffLines", () => {
  it("says nothing of what is the same", () => {
    expect(diffLines("a\nb\n", "a\nb\n")).toBe("");
  });

  it("shows what went and what came, and what stands around it", () => {
    const before = "1\n2\n3\n4\n5\n6\n7\n8\n9";
    expect(diffLines(before, before.replace("5", "five"))).toBe(
      "  …\n  2\n  3\n  4\n- 5\n+ five\n  6\n  7\n  8\n  …\n",
    );
  });

  it("gives up on texts that have nothing in common", () => {
    const many = (word: string) => Array.from({ length: 3_000 }, (_, at) => `${word}${at}`);
    expect(diffLines(many("a").join("\n"), many("b").join("\n"))).toContain("too many");
  });

  it("turns one text into the other, for any two", () => {
    const texts = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const lines = diffLines(before.join("\n"), after.join("\n")).split("\n").slice(0, -1);
        const isWhole = !lines.includes("  …");
        if (lines.length === 0) expect(before).toEqual(after);
        if (lines.length === 0 || !isWhole) return;
        const kept = (sign: string) =>
          lines.filter((line) => line[0] !== sign).map((line) => line.slice(2));
        expect(kept("+")).toEqual(before.join("\n").split("\n"));
        expect(kept("-")).toEqual(after.join("\n").split("\n"));
      }),
    );
  });
});
