import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_RETRY } from "../../mesh/retry.ts";
import { backoffDelayMs } from "./backoff-delay.ts";

const DEFAULT_BACKOFF = DEFAULT_RETRY.backoff;

test("stays between the pause without its jitter and the pause, and under the maximum", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 5000 }),
      fc.integer(),
      (baseMs, maxMs, jitter, retry, seed) => {
        const random = createSeededRandom(seed);
        const delayMs = backoffDelayMs({ baseMs, maxMs, jitter }, retry, random);
        const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(retry, 30));
        expect(delayMs).toBeLessThanOrEqual(ceilingMs);
        expect(delayMs).toBeGreaterThanOrEqual(ceilingMs * (1 - jitter));
      },
    ),
  );
});

test("doubles, and uses all of the room that jitter gives", () => {
  const random = createSeededRandom(1);
  const fixed = { ...DEFAULT_BACKOFF, jitter: 0 };
  const pauses = [0, 1, 2, 3, 4, 5].map((retry) => backoffDelayMs(fixed, retry, random));
  expect(pauses).toEqual([25, 50, 100, 200, 250, 250]);
  const drawn = Array.from({ length: 1000 }, () => backoffDelayMs(DEFAULT_BACKOFF, 9, random));
  expect(Math.min(...drawn)).toBeLessThan(5);
  expect(Math.max(...drawn)).toBeGreaterThan(245);
});
