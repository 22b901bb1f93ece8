import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RATE_KEY_CHARS_MAX, RateLimiter } from "./rate-limit.ts";

function createLimiter(requestsPerSecond: number, burst: number, keysMax?: number): RateLimiter {
  return new RateLimiter({ requestsPerSecond, burst, header: "" }, keysMax);
}

function admit(limiter: RateLimiter, key: string, nowMs: number, count: number): number {
  let admitted = 0;
  for (let each = 0; each < count; each += 1) if (limiter.take(key, nowMs) === 0) admitted += 1;
  return admitted;
}

describe("one key", () => {
  test("gets its burst, then its rate", () => {
    const limiter = createLimiter(10, 4);
    expect(admit(limiter, "a", 0, 100)).toBe(5);
    expect(limiter.take("a", 0)).toBe(100);
    expect(limiter.take("a", 40)).toBe(60);
    expect(limiter.take("a", 100)).toBe(0);
    expect(admit(limiter, "a", 1100, 100)).toBe(5);
  });

  test("is let through at the time it was told", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 0, max: 50 }),
        fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 200 }),
        (rate, burst, gaps) => {
          const limiter = createLimiter(rate, burst);
          let nowMs = 0;
          for (const gapMs of gaps) {
            nowMs += gapMs;
            const waitMs = limiter.take("a", nowMs);
            if (waitMs === 0) continue;
            nowMs += waitMs + 1e-6;
            expect(limiter.take("a", nowMs)).toBe(0);
          }
        },
      ),
    );
  });

  test("never gets more through than its rate and burst, over any stretch", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 20 }),
        fc.array(fc.record({ afterMs: fc.nat(500), count: fc.nat(20) }), { maxLength: 60 }),
        (rate, burst, steps) => {
          const limiter = createLimiter(rate, burst);
          const admitted: number[] = [];
          let nowMs = 0;
          for (const { afterMs, count } of steps) {
            nowMs += afterMs;
            const here = admit(limiter, "a", nowMs, count);
            for (let each = 0; each < here; each += 1) admitted.push(nowMs);
          }
          admitted.forEach((fromMs, from) => {
            admitted.slice(from).forEach((toMs, more) => {
              const most = burst + 1 + ((toMs - fromMs) / 1000) * rate;
              expect(more + 1).toBeLessThanOrEqual(most + 1e-6);
            });
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("many keys", () => {
  test("do not take from each other", () => {
    const limiter = createLimiter(1, 1);
    expect(admit(limiter, "a", 0, 10)).toBe(2);
    expect(admit(limiter, "b", 0, 10)).toBe(2);
    expect(limiter.keyCount).toBe(2);
  });

  test("never take more room than there is, and those long idle go first", () => {
    const limiter = createLimiter(1, 0, 100);
    for (let each = 0; each < 10_000; each += 1) limiter.take(`k${each}`, 0);
    expect(limiter.keyCount).toBe(100);
    expect(limiter.take("busy", 2000)).toBe(0);
    expect(limiter.take("busy", 2000)).toBe(1000);
    for (let each = 0; each < 50; each += 1) limiter.take(`l${each}`, 2000);
    expect(limiter.take("busy", 2000)).toBe(1000);
  });

  test("that come one after the other take one place", () => {
    const limiter = createLimiter(1000, 0, 100);
    for (let each = 0; each < 1000; each += 1) limiter.take(`k${each}`, each * 10);
    expect(limiter.keyCount).toBe(1);
  });

  test("are told apart by their first characters only", () => {
    const limiter = createLimiter(1, 0);
    const long = "x".repeat(RATE_KEY_CHARS_MAX);
    expect(limiter.take(`${long}a`, 0)).toBe(0);
    expect(limiter.take(`${long}b`, 0)).toBeGreaterThan(0);
  });
});

test("new settings keep what was used", () => {
  const limiter = createLimiter(10, 9);
  expect(admit(limiter, "a", 0, 10)).toBe(10);
  limiter.reconfigure({ requestsPerSecond: 10, burst: 19, header: "" });
  expect(admit(limiter, "a", 0, 100)).toBe(10);
});
