import { describe, expect, it } from "vitest";
import { count, formatAge, formatLatency, formatRate, formatShare } from "./units.ts";

describe("formatShare", () => {
  it.each([
    [1, "100.00%"],
    [0, "0.00%"],
    [0.5, "50.00%"],
    [0.98765, "98.77%"],
    [0.999_99, "99.99%"],
    [null, "-"],
    [Number.NaN, "-"],
  ])("%s is %s", (share, text) => {
    expect(formatShare(share)).toBe(text);
  });
});

describe("formatRate", () => {
  it.each([
    [2, "2.0rps"],
    [0, "0.0rps"],
    [1234.56, "1234.6rps"],
    [null, "-"],
  ])("%s is %s", (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });
});

describe("formatLatency", () => {
  it.each([
    [123, "123ms"],
    [0.2, "<1ms"],
    [0, "0ms"],
    [9_999.4, "9999ms"],
    [12_345, "12.3s"],
    [null, "-"],
  ])("%s is %s", (latencyMs, text) => {
    expect(formatLatency(latencyMs)).toBe(text);
  });
});

describe("formatAge", () => {
  it.each([
    [0, "0s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [7_200_000, "2h"],
    [8.5 * 86_400_000, "8d"],
    [null, "-"],
  ])("%s is %s", (ageMs, text) => {
    expect(formatAge(ageMs)).toBe(text);
  });
});

describe("count", () => {
  it("knows one from many", () => {
    expect([count(0, "error"), count(1, "error"), count(2, "error")]).toEqual([
      "0 errors",
      "1 error",
      "2 errors",
    ]);
  });
});
