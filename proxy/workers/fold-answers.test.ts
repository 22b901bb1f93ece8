import { describe, expect, it } from "vitest";
import { foldAnswers, foldChecks } from "./fold-answers.ts";

describe("answers of several workers", () => {
  it("are one where they are equal", () => {
    const answer = { a: 1, list: [{ b: "x" }], none: null };
    expect(foldAnswers([answer, structuredClone(answer)])).toEqual(answer);
  });

  it("stand side by side where they differ, and nowhere else", () => {
    const of = (rttMs: number) => ({ service: "web", endpoints: [{ id: "a", rttMs }] });
    expect(foldAnswers([of(1), of(2)])).toEqual({
      service: "web",
      endpoints: [{ id: "a", rttMs: { workers: [1, 2] } }],
    });
  });

  it("show lists of different length, and what one of them lacks", () => {
    expect(foldAnswers([{ list: [1], extra: 5 }, { list: [1, 2] }])).toEqual({
      list: { workers: [[1], [1, 2]] },
      extra: { workers: [5, null] },
    });
  });
});

describe("checks of several workers", () => {
  it("are the worst of each", () => {
    const check = (name: string, verdict: "ok" | "warning" | "failed", detail: string) => {
      return { name, verdict, detail, hint: "" };
    };
    const answers = [
      { checks: [check("ready", "ok", "one"), check("files", "failed", "two")] },
      { checks: [check("ready", "warning", "three"), check("files", "ok", "four")] },
    ];
    expect(foldChecks(answers).checks.map(({ detail }) => detail)).toEqual(["three", "two"]);
  });
});
