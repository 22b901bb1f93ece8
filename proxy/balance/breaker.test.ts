import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import { Breaker, CLOSED, OPEN, PROBING, SLOW_START } from "./breaker.ts";

const SETTINGS = {
  ...DEFAULT_BREAKER,
  consecutiveFailures: 3,
  backoff: { baseMs: 1000, maxMs: 60_000, jitter: 0.5 },
};
const random = createSeededRandom(1);

test("other settings judge what was counted before", () => {
  const breaker = new Breaker(
    { ...DEFAULT_BREAKER, consecutiveFailures: 0, successRateMin: 0.1 },
    0,
  );
  for (let each = 0; each < 10; each += 1) {
    breaker.onSuccess(1_000);
    breaker.onFailure(1_000);
  }
  expect(breaker.verdict(2_000)).toBeNull();
  const settings = { ...DEFAULT_BREAKER, consecutiveFailures: 0, successRateMin: 0.9 };
  breaker.reconfigure({ ...settings, windowMs: 30_000 }, 2_000);
  expect(breaker.verdict(20_000)).toBe("success-rate");
  breaker.open(20_000, "success-rate", createSeededRandom(1));
  const backoff = { baseMs: 100, maxMs: 200, jitter: 0 };
  breaker.reconfigure({ ...settings, backoff }, 20_000);
  expect(breaker.state(20_000)).toBe(OPEN);
  expect(breaker.probeDueMs).toBe(20_200);
});

describe("the verdict", () => {
  test("falls after so many failures in a row", () => {
    const breaker = new Breaker(SETTINGS, 0);
    for (const outcome of [0, 0, 1, 0, 0]) {
      if (outcome === 1) breaker.onSuccess(0);
      else breaker.onFailure(0);
      expect(breaker.verdict(0)).toBeNull();
    }
    breaker.onFailure(0);
    expect(breaker.verdict(0)).toBe("consecutive-failures");
    breaker.onSuccess(0);
    expect(breaker.verdict(0)).toBeNull();
  });

  test("falls by the share of successes, of enough requests, of the window alone", () => {
    const settings = { ...SETTINGS, consecutiveFailures: 0, successRateMin: 0.8, requestsMin: 10 };
    const breaker = new Breaker(settings, 0);
    for (let each = 0; each < 6; each += 1) breaker.onSuccess(0);
    for (let each = 0; each < 3; each += 1) breaker.onFailure(0);
    expect(breaker.verdict(0)).toBeNull();
    breaker.onSuccess(0);
    // Seven of ten.
    expect(breaker.verdict(0)).toBe("success-rate");
    for (let each = 0; each < 5; each += 1) breaker.onSuccess(0);
    // Twelve of fifteen are just enough.
    expect(breaker.verdict(0)).toBeNull();
    breaker.onFailure(100);
    expect(breaker.verdict(100)).toBe("success-rate");
    expect(breaker.verdict(10_100)).toBeNull();
  });

  test("never falls where nothing is set", () => {
    const breaker = new Breaker({ ...SETTINGS, consecutiveFailures: 0 }, 0);
    for (let each = 0; each < 1000; each += 1) breaker.onFailure(0);
    expect(breaker.verdict(0)).toBeNull();
  });
});

describe("the way out and back", () => {
  test("goes by a probe and slow start", () => {
    const breaker = new Breaker(SETTINGS, 0);
    breaker.open(100, "consecutive-failures", random);
    expect(breaker.state(100)).toBe(OPEN);
    expect(breaker.probeDueMs).toBeGreaterThanOrEqual(1100);
    expect(breaker.probeDueMs).toBeLessThanOrEqual(1600);
    breaker.beginProbe(1600);
    expect(breaker.state(1600)).toBe(PROBING);
    breaker.onProbeSuccess(1700, 5000);
    expect(breaker.state(1700)).toBe(SLOW_START);
    expect(breaker.reason).toBe("consecutive-failures");
    expect(breaker.state(6700)).toBe(CLOSED);
    expect(breaker.reason).toBeNull();
  });

  test("is straight without slow start", () => {
    const breaker = new Breaker(SETTINGS, 0);
    breaker.open(0, "success-rate", random);
    breaker.beginProbe(2000);
    breaker.onProbeSuccess(2000, 0);
    expect(breaker.state(2000)).toBe(CLOSED);
    expect(breaker.reason).toBeNull();
  });

  test("takes no notice of what was sent before", () => {
    const breaker = new Breaker(SETTINGS, 0);
    breaker.open(0, "consecutive-failures", random);
    for (let each = 0; each < 10; each += 1) breaker.onFailure(10);
    breaker.onSuccess(10);
    expect(breaker.state(10)).toBe(OPEN);
    expect(breaker.consecutiveFailures).toBe(0);
  });

  test("begins with nothing on record, whatever was told while it was out", () => {
    const judged = { ...SETTINGS, successRateMin: 0.5, requestsMin: 2, windowMs: 60_000 };
    const returned = (before: (breaker: Breaker) => void, late: (breaker: Breaker) => void) => {
      const breaker = new Breaker(judged, 0);
      before(breaker);
      breaker.open(0, "consecutive-failures", random);
      late(breaker);
      breaker.beginProbe(2_000);
      late(breaker);
      breaker.onProbeSuccess(2_000, 0);
      return breaker;
    };
    const times = (count: number, act: () => void) => {
      for (let each = 0; each < count; each += 1) act();
    };
    const nothing = () => {};
    const failed = returned((breaker) => times(3, () => breaker.onFailure(0)), nothing);
    failed.onSuccess(2_000);
    failed.onFailure(2_000);
    expect(failed.verdict(2_000)).toBeNull();
    const inRow = returned((breaker) => times(3, () => breaker.onFailure(0)), nothing);
    inRow.onFailure(2_000);
    expect(inRow.consecutiveFailures).toBe(1);
    const lucky = returned(nothing, (breaker) => times(10, () => breaker.onSuccess(100)));
    times(2, () => lucky.onFailure(2_000));
    expect(lucky.verdict(2_000)).toBe("success-rate");
  });

  test("waits for another probe as long as for one that told nothing", () => {
    const breaker = new Breaker(SETTINGS, 0);
    breaker.open(0, "consecutive-failures", random);
    const outMs = breaker.probeDueMs;
    for (const beganMs of [2_000, 12_000]) {
      breaker.beginProbe(beganMs);
      breaker.abandonProbe(beganMs + 100);
      expect(breaker.probeDueMs).toBe(beganMs + 100 + outMs);
    }
  });
});

describe("the time out", () => {
  test("doubles with each failed probe, and stays between least and most", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 2, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (baseMs, times, jitter, seed) => {
          const maxMs = baseMs * times;
          const breaker = new Breaker({ ...SETTINGS, backoff: { baseMs, maxMs, jitter } }, 0);
          const chance = createSeededRandom(seed);
          let nowMs = 0;
          breaker.open(nowMs, "consecutive-failures", chance);
          for (let round = 0; round < 40; round += 1) {
            const outMs = breaker.probeDueMs - nowMs;
            const leastMs = Math.min(baseMs * 2 ** round, maxMs / (1 + jitter));
            expect(outMs).toBeGreaterThanOrEqual(leastMs * (1 - 1e-9));
            expect(outMs).toBeLessThanOrEqual(Math.min(maxMs, leastMs * (1 + jitter)) + 1e-3);
            nowMs = breaker.probeDueMs;
            breaker.beginProbe(nowMs);
            breaker.open(nowMs, "probe-failed", chance);
          }
        },
      ),
    );
  });

  test("doubles after a probe that failed late as well", () => {
    const backoff = { baseMs: 100, maxMs: 60_000, jitter: 0 };
    const breaker = new Breaker({ ...SETTINGS, backoff }, 0);
    breaker.open(0, "consecutive-failures", random);
    breaker.beginProbe(100);
    breaker.open(1_100, "probe-failed", random);
    expect(breaker.probeDueMs - 1_100).toBe(200);
  });

  test("of one that must stay grows too, and begins small again when it was well for long", () => {
    const backoff = { baseMs: 1_000, maxMs: 60_000, jitter: 0 };
    const breaker = new Breaker({ ...SETTINGS, backoff }, 0);
    expect(breaker.hold(0, "consecutive-failures", random)).toBe(1_000);
    expect(breaker.hold(1_000, "consecutive-failures", random)).toBe(3_000);
    expect(breaker.hold(3_000, "consecutive-failures", random)).toBe(7_000);
    expect(breaker.hold(60_000, "consecutive-failures", random)).toBe(61_000);
  });

  test("begins small again when it was well for long, and not when it fails again soon", () => {
    const settings = { ...SETTINGS, backoff: { baseMs: 1000, maxMs: 60_000, jitter: 0 } };
    const returned = () => {
      const breaker = new Breaker(settings, 0);
      breaker.open(0, "consecutive-failures", random);
      breaker.beginProbe(1000);
      breaker.open(1000, "probe-failed", random);
      breaker.beginProbe(3000);
      breaker.onProbeSuccess(3000, 0);
      return breaker;
    };
    const soon = returned();
    soon.open(4000, "consecutive-failures", random);
    expect(soon.probeDueMs - 4000).toBe(4000);
    const late = returned();
    late.open(30_000, "consecutive-failures", random);
    expect(late.probeDueMs - 30_000).toBe(1000);
  });
});
