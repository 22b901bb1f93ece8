import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import {
  FixedLimit,
  OUTCOME_DROPPED,
  OUTCOME_IGNORED,
  OUTCOME_SERVED,
} from "./concurrency-limit.ts";
import { DEFAULT_GRADIENT, GradientLimit } from "./gradient-limit.ts";

/**
 * A service with `workers` that each take `serviceMs`, give or take a fifth, and a queue in front
 * of them; requests come one by one, and those above the limit are refused.
 */
function serve(
  limit: GradientLimit | FixedLimit,
  load: { fromMs: number; toMs: number; workers: number; serviceMs: number; perSecond: number },
): { served: number; refused: number; worstMs: number } {
  const random = createSeededRandom(7);
  const free = new Array<number>(load.workers).fill(load.fromMs);
  const ends: { atMs: number; rttMs: number }[] = [];
  let served = 0;
  let refused = 0;
  let worstMs = 0;
  for (let nowMs = load.fromMs; nowMs < load.toMs; nowMs += 1000 / load.perSecond) {
    while (ends[0] !== undefined && ends[0].atMs <= nowMs) {
      const { atMs, rttMs } = ends.shift() ?? { atMs: 0, rttMs: 0 };
      limit.release(atMs, rttMs, OUTCOME_SERVED);
      worstMs = Math.max(worstMs, rttMs);
      served += 1;
    }
    if (!limit.tryAcquire()) {
      refused += 1;
      continue;
    }
    const worker = free.indexOf(Math.min(...free));
    const beginsMs = Math.max(nowMs, free[worker] ?? nowMs);
    const endsMs = beginsMs + load.serviceMs * (0.8 + 0.4 * random.nextFloat());
    free[worker] = endsMs;
    let at = ends.length;
    while (at > 0 && (ends[at - 1]?.atMs ?? 0) > endsMs) at -= 1;
    ends.splice(at, 0, { atMs: endsMs, rttMs: endsMs - nowMs });
  }
  for (const { atMs, rttMs } of ends) limit.release(atMs, rttMs, OUTCOME_SERVED);
  return { served, refused, worstMs };
}

const SERVICE = { workers: 20, serviceMs: 20 };
/** Requests a second that it can serve. */
const CAPACITY = 1000;

describe("an adaptive limit", () => {
  test("at three times capacity: all of the capacity, and hardly a queue", () => {
    const limit = new GradientLimit(DEFAULT_GRADIENT);
    serve(limit, { ...SERVICE, fromMs: 0, toMs: 5000, perSecond: CAPACITY / 2 });
    const overload = { ...SERVICE, fromMs: 5000, toMs: 35_000, perSecond: CAPACITY * 3 };
    const { served, worstMs } = serve(limit, overload);
    expect(served / 30).toBeGreaterThan(CAPACITY * 0.95);
    expect(limit.limit).toBeGreaterThanOrEqual(SERVICE.workers);
    expect(limit.limit).toBeLessThan(SERVICE.workers * 2.5);
    expect(worstMs).toBeLessThan(SERVICE.serviceMs * 4);
    expect(limit.inFlight).toBe(0);
  });

  test("the same when it begins overloaded, with a limit far too high", () => {
    const limit = new GradientLimit({ ...DEFAULT_GRADIENT, limitInitial: 400 });
    const overload = { ...SERVICE, fromMs: 0, toMs: 60_000, perSecond: CAPACITY * 3 };
    serve(limit, overload);
    expect(limit.limit).toBeGreaterThanOrEqual(SERVICE.workers);
    expect(limit.limit).toBeLessThan(SERVICE.workers * 3);
  });

  test("finds the room that a faster service has, and a slower one's need", () => {
    const limit = new GradientLimit(DEFAULT_GRADIENT);
    const at = { ...SERVICE, perSecond: CAPACITY * 3 };
    serve(limit, { ...at, fromMs: 0, toMs: 30_000 });
    const before = limit.limit;
    const more = serve(limit, { ...at, workers: 60, fromMs: 30_000, toMs: 60_000 });
    expect(limit.limit).toBeGreaterThan(before * 1.5);
    expect(more.served / 30).toBeGreaterThan(CAPACITY * 3 * 0.9);
    // Three times as slow: it is found out, and capacity is used again.
    const slow = { ...at, workers: 60, serviceMs: 60, fromMs: 60_000 };
    serve(limit, { ...slow, toMs: 120_000 });
    const { served } = serve(limit, { ...slow, fromMs: 120_000, toMs: 150_000 });
    expect(served / 30).toBeGreaterThan(CAPACITY * 0.9);
  });

  test("does not grow where traffic does not come near it", () => {
    const limit = new GradientLimit(DEFAULT_GRADIENT);
    serve(limit, { ...SERVICE, fromMs: 0, toMs: 60_000, perSecond: 100 });
    expect(limit.limit).toBe(DEFAULT_GRADIENT.limitInitial);
  });

  test("falls when requests are dropped, never below its least", () => {
    const limit = new GradientLimit(DEFAULT_GRADIENT);
    for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
      if (limit.tryAcquire()) limit.release(nowMs, 0.1, OUTCOME_DROPPED);
    }
    expect(limit.limit).toBe(DEFAULT_GRADIENT.limitMin);
  });

  test("waits for enough answers over enough time before it learns anything", () => {
    const limit = new GradientLimit(DEFAULT_GRADIENT);
    const { windowMs, windowSamplesMin } = DEFAULT_GRADIENT;
    const answer = (nowMs: number): void => {
      expect(limit.tryAcquire()).toBe(true);
      limit.release(nowMs, 20, OUTCOME_SERVED);
    };
    for (let each = 0; each < windowSamplesMin; each += 1) answer(windowMs - 1);
    expect(limit.baselineMs).toBe(0);
    answer(windowMs);
    expect(limit.baselineMs).toBe(20);
  });

  test("learns from dropped requests nothing about how fast answers are", () => {
    const limit = new GradientLimit(DEFAULT_GRADIENT);
    serve(limit, { ...SERVICE, fromMs: 0, toMs: 5_000, perSecond: 100 });
    const { baselineMs } = limit;
    expect(baselineMs).toBeGreaterThan(SERVICE.serviceMs * 0.8);
    for (let nowMs = 5_000; nowMs < 10_000; nowMs += 10) {
      if (limit.tryAcquire()) limit.release(nowMs, 0.1, OUTCOME_DROPPED);
    }
    expect(limit.baselineMs).toBe(baselineMs);
  });

  test("stays in its bounds, counts right and stays finite, whatever comes", () => {
    const step = fc.record({
      afterMs: fc.double({ min: 0, max: 2000, noNaN: true }),
      rttMs: fc.oneof(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.constant(0)),
      outcome: fc.constantFrom(OUTCOME_SERVED, OUTCOME_DROPPED, OUTCOME_IGNORED),
      acquire: fc.nat(30),
      release: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const limit = new GradientLimit({ ...DEFAULT_GRADIENT, limitMax: 50 });
        let nowMs = 0;
        let held = 0;
        for (const { afterMs, rttMs, outcome, acquire, release } of steps) {
          nowMs += afterMs;
          for (let each = 0; each < acquire; each += 1) {
            const allowed = held < limit.limit;
            expect(limit.tryAcquire()).toBe(allowed);
            if (allowed) held += 1;
          }
          for (let each = 0; each < Math.min(release, held); each += 1) {
            limit.release(nowMs, rttMs, outcome);
          }
          held -= Math.min(release, held);
          expect(limit.inFlight).toBe(held);
          expect(limit.limit).toBeGreaterThanOrEqual(DEFAULT_GRADIENT.limitMin);
          expect(limit.limit).toBeLessThanOrEqual(50);
          expect(Number.isFinite(limit.baselineMs)).toBe(true);
        }
      }),
    );
  });
});

test("a fixed limit lets so many in, and takes a new one for those to come", () => {
  const limit = new FixedLimit(2);
  expect([limit.tryAcquire(), limit.tryAcquire(), limit.tryAcquire()]).toEqual([true, true, false]);
  limit.limit = 1;
  limit.release(0, 0, OUTCOME_SERVED);
  expect(limit.tryAcquire()).toBe(false);
  limit.release(0, 0, OUTCOME_SERVED);
  expect(limit.tryAcquire()).toBe(true);
  expect(limit.inFlight).toBe(1);
});
