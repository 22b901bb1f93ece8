import fc from "fast-check";
import { expect, test } from "vitest";
import { RateLimiter } from "./rate-limit.ts";
import { SharedRates } from "./shared-rates.ts";

const BEFORE_BYTES = 64;
const INTERVAL_MS = 100;
const BURST_MS = 300;

/** Two workers' views of one table, with memory of others before and behind it. */
function table(cellCount: number) {
  const bytes = SharedRates.bytesFor(cellCount);
  const buffer = new SharedArrayBuffer(BEFORE_BYTES + bytes + BEFORE_BYTES);
  const workers = [0, 1].map(() => new SharedRates(buffer, BEFORE_BYTES, cellCount));
  const take = (worker: number, low: number, nowMs: number, high = 1): number =>
    workers[worker]?.take({ low, high }, nowMs, INTERVAL_MS, BURST_MS) ?? Number.NaN;
  const others = () =>
    [0, BEFORE_BYTES + bytes].flatMap((at) => [...new Uint8Array(buffer, at, BEFORE_BYTES)]);
  return { take, others };
}

test("whoever counts, a key gets what one limiter alone would give it", () => {
  const step = fc.record({
    worker: fc.nat(1),
    key: fc.nat(5),
    afterMs: fc.oneof(fc.constant(0), fc.nat(400)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      // Keys that differ in either half, some of them negative, in three buckets.
      const keys = [5, 6, -7, 5, 29, -1].map((low, index) => ({ low, high: index - 2 }));
      const { take, others } = table(24);
      const alone = new RateLimiter({ requestsPerSecond: 10, burst: 3, header: "" });
      let nowMs = 1_000;
      for (const { worker, key, afterMs } of steps) {
        nowMs += afterMs;
        const { low, high } = keys[key] ?? { low: 0, high: 0 };
        expect(take(worker, low, nowMs, high)).toBe(alone.take(`k${key}`, nowMs));
      }
      expect(others().every((byte) => byte === 0)).toBe(true);
    }),
  );
});

test("where all places of a key are taken, the one that waits least gives way", () => {
  const { take } = table(8);
  // Eight keys; the one in the middle asks least.
  for (let low = 0; low < 8; low += 1) {
    for (let times = 0; times < (low === 4 ? 3 : 4); times += 1) expect(take(0, low, 0)).toBe(0);
  }
  expect(take(0, 100, 0)).toBe(0);
  for (const low of [0, 1, 2, 3, 5, 6, 7]) expect(take(1, low, 0)).toBe(INTERVAL_MS);
  // It has lost the memory of its burst, and takes the place of the ninth, which asked least since.
  expect(take(1, 4, 0)).toBe(0);
  expect(take(0, 0, 0)).toBe(INTERVAL_MS);
});
