import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DURATION_MAX_MS, formatDuration, parseDuration } from "./duration.ts";

describe("parseDuration", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["300ms", 300],
    ["1.5s", 1500],
    ["1.s", 1000],
    [".5s", 500],
    ["1h30m", 5_400_000],
    ["2m0.5s", 120_500],
    ["250us", 0.25],
    ["250µs", 0.25],
    ["250μs", 0.25],
    ["1000000ns", 1],
    ["576h", DURATION_MAX_MS],
  ])("reads %s", (text, durationMs) => {
    expect(parseDuration(text)).toBeCloseTo(durationMs, 9);
  });

  it.each([
    "",
    " 1s",
    "1s ",
    "1",
    "-1s",
    "+1s",
    "1d",
    "1 s",
    "1S",
    ".s",
    "1e3s",
    "1,5s",
    "1s2",
    "577h",
    `${"9".repeat(400)}s`,
    "Infinitys",
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it("takes time in proportion to the text, whatever the text", () => {
    expect(parseDuration(`${"1".repeat(200_000)}x`)).toBeUndefined();
    expect(parseDuration("1m".repeat(100_000))).toBeUndefined();
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0ms"],
    [0.25, "0.25ms"],
    [999, "999ms"],
    [1000, "1s"],
    [1500, "1.5s"],
    [90_000, "1m30s"],
    [3_600_000, "1h"],
    [3_661_001, "1h1m1.001s"],
  ])("writes %d as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it("writes what reads back as the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: DURATION_MAX_MS }), (durationMs) => {
        expect(parseDuration(formatDuration(durationMs))).toBeCloseTo(durationMs, 6);
      }),
    );
  });
});
