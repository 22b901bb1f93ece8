import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import {
  jitteredRetryAfterSeconds,
  parseHttpDateMs,
  parsePushbackMs,
  parseRetryAfterMs,
} from "./retry-after.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 15, 0, 0);

test("gRPC's pushback is a time, or the wish for no other try", () => {
  expect(parsePushbackMs("0", 1000)).toBe(0);
  expect(parsePushbackMs("250", 1000)).toBe(250);
  expect(parsePushbackMs("9".repeat(40), 1000)).toBe(1000);
  for (const value of ["-1", "", "1.5", "soon", "1e3", " 1", "9".repeat(41)]) {
    expect(parsePushbackMs(value, 1000)).toBeUndefined();
  }
});

describe("a wait", () => {
  test("in seconds or as a date, never above the cap", () => {
    expect(parseRetryAfterMs("120", NOW_MS, 300_000)).toBe(120_000);
    expect(parseRetryAfterMs("0", NOW_MS, 300_000)).toBe(0);
    expect(parseRetryAfterMs("120", NOW_MS, 10_000)).toBe(10_000);
    expect(parseRetryAfterMs("9".repeat(40), NOW_MS, 10_000)).toBe(10_000);
    expect(parseRetryAfterMs("Sun, 22 Nov 2026 15:00:07 GMT", NOW_MS, 60_000)).toBe(7000);
    expect(parseRetryAfterMs("Sun, 22 Nov 2026 14:00:00 GMT", NOW_MS, 60_000)).toBe(0);
    expect(parseRetryAfterMs("Fri, 31 Dec 9999 23:59:59 GMT", NOW_MS, 60_000)).toBe(60_000);
  });

  test("that is none is absent", () => {
    const values = ["", "-1", "1.5", "soon", "1e3", " 1", "9".repeat(41), "Sun, 22 Nov 2026"];
    for (const value of values) expect(parseRetryAfterMs(value, NOW_MS, 1000)).toBeUndefined();
  });

  test("of whatever text never fails and stays within the cap", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 50 }), (value) => {
        const waitMs = parseRetryAfterMs(value, NOW_MS, 5000);
        if (waitMs === undefined) return;
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(5000);
      }),
    );
  });
});

describe("a date", () => {
  test("in each of the three forms of RFC 9110", () => {
    const atMs = Date.UTC(1994, 10, 6, 8, 49, 37);
    expect(parseHttpDateMs("Sun, 06 Nov 1994 08:49:37 GMT", NOW_MS)).toBe(atMs);
    expect(parseHttpDateMs("Sunday, 06-Nov-94 08:49:37 GMT", NOW_MS)).toBe(atMs);
    expect(parseHttpDateMs("Sun Nov  6 08:49:37 1994", NOW_MS)).toBe(atMs);
  });

  test("of any day is the day that Date makes of it", () => {
    const from = Date.UTC(1900, 0, 1) / 1000;
    const to = Date.UTC(2400, 0, 1) / 1000;
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), (seconds) => {
        const text = new Date(seconds * 1000).toUTCString();
        expect(parseHttpDateMs(text, NOW_MS)).toBe(seconds * 1000);
      }),
    );
  });

  test("with parts out of range is none", () => {
    for (const text of [
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 32 Nov 1994 08:49:37 GMT",
      "Sun, 06 Non 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:49:37 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06 Nov 1994 08:49:37 CET",
    ]) {
      expect(parseHttpDateMs(text, NOW_MS)).toBeUndefined();
    }
  });
});

test("what is asked of others differs by chance, in whole seconds", () => {
  const random = createSeededRandom(1);
  const drawn = new Set(Array.from({ length: 200 }, () => jitteredRetryAfterSeconds(2, random)));
  expect([...drawn].sort()).toEqual([2, 3, 4]);
});
