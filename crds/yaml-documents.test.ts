import { describe, expect, it } from "vitest";
import { LineIndex } from "./line-index.ts";
import { cutDocuments } from "./yaml-documents.ts";

const texts = (text: string, max = 10) => cutDocuments(text, max).map((one) => one.text);

describe("cutDocuments", () => {
  it("cuts at markers that stand alone at the beginning of a line", () => {
    expect(texts("a: 1\n---\nb: 1\n--- # c\nc: 1\n")).toEqual([
      "a: 1\n",
      "---\nb: 1\n",
      "--- # c\nc: 1\n",
    ]);
    expect(texts("a: |\n  ---\n---x: 1\n ---\n")).toHaveLength(1);
    expect(texts("--- {a: 1}\n---\r\nb: 1\r\n")).toEqual(["--- {a: 1}\n", "---\r\nb: 1\r\n"]);
  });

  it("leaves out what holds nothing", () => {
    expect(texts("# a\n---\n# b\n%YAML 1.2\n---\n\n \t\r\n...\n---\na: 1\n...\n# c")).toEqual([
      "---\na: 1\n",
    ]);
    expect(texts("")).toEqual([]);
  });

  it("knows where each one begins", () => {
    const text = "a: 1\n---\nb: 1\n...\nc: 1\n";
    for (const document of cutDocuments(text, 10)) {
      expect(text.slice(document.offset)).toMatch(document.text);
    }
  });

  it("stops soon after the bound", () => {
    expect(texts("---\na: 1\n".repeat(100), 5).length).toBe(6);
  });
});

describe("LineIndex", () => {
  it("counts lines and columns from one", () => {
    const lines = new LineIndex("ab\n\ncd");
    expect([0, 2, 3, 4, 5, 99].map((offset) => lines.at(offset))).toEqual([
      { line: 1, column: 1 },
      { line: 1, column: 3 },
      { line: 2, column: 1 },
      { line: 3, column: 1 },
      { line: 3, column: 2 },
      { line: 3, column: 96 },
    ]);
  });
});
