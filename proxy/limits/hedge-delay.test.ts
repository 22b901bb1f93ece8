import fc from "fast-check";
import { expect, test } from "vitest";
import { HEDGE_REFRESH_MS, HEDGE_SAMPLES_MIN, HedgeDelay } from "./hedge-delay.ts";

test("of too little nothing is told", () => {
  const delay = new HedgeDelay(95);
  for (let each = 1; each < HEDGE_SAMPLES_MIN; each += 1) delay.record(10);
  expect(delay.delayMs(0)).toBe(Number.POSITIVE_INFINITY);
  delay.record(10);
  delay.record(10);
  expect(delay.delayMs(HEDGE_REFRESH_MS)).toBeGreaterThan(9);
});

test("is the percentile of what was seen, within what buckets allow", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.1, max: 10_000, noNaN: true }), {
        minLength: HEDGE_SAMPLES_MIN,
        maxLength: 500,
      }),
      fc.integer({ min: 50, max: 99 }),
      (values, percentile) => {
        const delay = new HedgeDelay(percentile);
        for (const value of values) delay.record(value);
        const sorted = [...values].sort((a, b) => a - b);
        const rank = Math.ceil((percentile / 100) * sorted.length - 1e-9);
        const exact = sorted[rank - 1] ?? Number.NaN;
        expect(delay.delayMs(0)).toBeGreaterThan(exact * 0.87 - 0.01);
        expect(delay.delayMs(0)).toBeLessThan(exact * 1.13 + 0.01);
      },
    ),
  );
});

test("follows what changed, and looks only now and then", () => {
  const delay = new HedgeDelay(90);
  for (let each = 0; each < 1000; each += 1) delay.record(10);
  const firstMs = delay.delayMs(0);
  for (let each = 0; each < 1000; each += 1) delay.record(200);
  expect(delay.delayMs(HEDGE_REFRESH_MS - 1)).toBe(firstMs);
  expect(delay.delayMs(HEDGE_REFRESH_MS)).toBeGreaterThan(150);
  // Fast again: what was slow fades.
  for (let nowMs = 1000; nowMs <= 60_000; nowMs += 100) {
    for (let each = 0; each < 10; each += 1) delay.record(10);
    delay.delayMs(nowMs);
  }
  expect(delay.delayMs(61_000)).toBeLessThan(12);
});

test("what is long past tells nothing", () => {
  const delay = new HedgeDelay(90);
  for (let each = 0; each < 100; each += 1) delay.record(10);
  delay.delayMs(0);
  expect(delay.delayMs(60_000)).toBe(Number.POSITIVE_INFINITY);
});

test("another percentile holds at once, for what was seen before", () => {
  const delay = new HedgeDelay(50);
  for (let each = 0; each < 90; each += 1) delay.record(10);
  for (let each = 0; each < 10; each += 1) delay.record(200);
  expect(delay.delayMs(0)).toBeLessThan(12);
  delay.reconfigure(99);
  expect(delay.delayMs(1)).toBeGreaterThan(150);
});
