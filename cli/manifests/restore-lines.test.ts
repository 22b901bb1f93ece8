import { describe, expect, it } from "vitest";
import { restoreLines } from "./restore-lines.ts";

describe("restoreLines", () => {
  it("puts blanks, empty lines and line breaks back, and keeps the edit", () => {
    const original = "a: {b: 1}   # why\n\n\nlist: [x, y]\nlong: one\n  two\n\n";
    const rewritten = "a: { b: 1 } # why\n\nlist:\n  [\n    x,\n    y\n  ]\nlong: one two\n";
    const edited = "a: { b: 1 } # why\nnew: 1\n\nlist:\n  [\n    x,\n    y\n  ]\nlong: one two\n";
    expect(restoreLines(original, rewritten, edited)).toBe(
      "a: {b: 1}   # why\nnew: 1\n\n\nlist: [x, y]\nlong: one\n  two\n\n",
    );
  });

  it("leaves what was edited within a group as it was written", () => {
    const original = "list: [x,  y]\nend:  1\n";
    const rewritten = "list:\n  [\n    x,\n    y\n  ]\nend: 1\n";
    const edited = "list:\n  [\n    x,\n    y,\n    z\n  ]\nend: 1\n";
    expect(restoreLines(original, rewritten, edited)).toBe(
      "list:\n  [\n    x,\n    y,\n    z\n  ]\nend:  1\n",
    );
  });

  it("takes lines away that the edit took away", () => {
    expect(restoreLines("a:  1\nb:  2\nc:  3\n", "a: 1\nb: 2\nc: 3\n", "a: 1\nc: 3\n")).toBe(
      "a:  1\nc:  3\n",
    );
  });

  it("gives up where the text was written with other words", () => {
    expect(restoreLines("a: 'x'\n", 'a: "x"\n', 'a: "x"\nb: 1\n')).toBeUndefined();
  });
});
