import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["weight", "wieght", 1],
    ["timeout", "timeot", 1],
    ["kitten", "sitting", 3],
  ])("%s to %s is %d", (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it("is symmetric, and zero only for equal texts", () => {
    const text = fc.string({ maxLength: 12, unit: fc.constantFrom("a", "b", "c") });
    fc.assert(
      fc.property(text, text, (from, to) => {
        expect(editDistance(from, to)).toBe(editDistance(to, from));
        expect(editDistance(from, to) === 0).toBe(from === to);
      }),
    );
  });
});

describe("nearest", () => {
  const keys = ["backends", "service", "matches", "weight"];

  it("finds what was meant, whatever the case", () => {
    expect(nearest("bakcends", keys)).toBe("backends");
    expect(nearest("Weight", keys)).toBe("weight");
  });

  it("suggests nothing for what is not near, or too long to compare", () => {
    expect(nearest("xyzzy", keys)).toBeUndefined();
    expect(nearest("w".repeat(100_000), keys)).toBeUndefined();
  });
});
