import { describe, expect, it } from "vitest";
import { LINE_CHARACTERS_MAX, LineMerger } from "./merge-lines.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function merger(prefix = "p | ") {
  const lines: string[] = [];
  return { lines, merger: new LineMerger(prefix, (line) => lines.push(line)) };
}

describe("LineMerger", () => {
  it("gives the same lines however the bytes are cut", () => {
    const text = bytes("one\r\nzwei ü €\n\nlast");
    const expected = ["p | one\n", "p | zwei ü €\n", "p | \n", "p | last\n"];
    for (let size = 1; size <= text.length; size += 1) {
      const { lines, merger: one } = merger();
      for (let at = 0; at < text.length; at += size) one.push(text.subarray(at, at + size));
      one.end();
      expect(lines).toEqual(expected);
    }
  });

  it("breaks a line that has no end", () => {
    const { lines, merger: one } = merger("");
    one.push(bytes("x".repeat(LINE_CHARACTERS_MAX * 2 + 5)));
    one.end();
    expect(lines.map((line) => line.length)).toEqual([
      LINE_CHARACTERS_MAX + 1,
      LINE_CHARACTERS_MAX + 1,
      6,
    ]);
  });

  it("writes nothing for nothing", () => {
    const { lines, merger: one } = merger();
    one.end();
    expect(lines).toEqual([]);
  });
});
