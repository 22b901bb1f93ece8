import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUCKET_COUNT, bucketOf, Histogram, HistogramDelta, lowerBoundMs } from "./histogram.ts";

const OVERFLOW_MS = 2 ** 20;
const valueMs = fc.oneof(
  fc.double({ min: 0, max: 2, noNaN: true }),
  fc.double({ min: 0, max: 60_000, noNaN: true }),
  fc.double({ min: 0, max: OVERFLOW_MS - 1, noNaN: true }),
);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe("buckets", () => {
  it("hold every value between their bounds, and rise", () => {
    fc.assert(
      fc.property(valueMs, (value) => {
        const bucket = bucketOf(value);
        expect(lowerBoundMs(bucket)).toBeLessThanOrEqual(value);
        expect(lowerBoundMs(bucket + 1)).toBeGreaterThan(value);
      }),
    );
    for (let bucket = 1; bucket < BUCKET_COUNT; bucket += 1) {
      expect(lowerBoundMs(bucket)).toBeGreaterThan(lowerBoundMs(bucket - 1));
      expect(bucketOf(lowerBoundMs(bucket))).toBe(bucket);
    }
  });

  it("have whole powers of two of a millisecond among their bounds", () => {
    for (let power = 0.125; power < OVERFLOW_MS; power *= 2) {
      expect(lowerBoundMs(bucketOf(power))).toBe(power);
    }
  });

  it("take what is odd: below zero, no number, longer than the last", () => {
    expect([-1, Number.NaN, Number.NEGATIVE_INFINITY].map(bucketOf)).toEqual([0, 0, 0]);
    const last = BUCKET_COUNT - 1;
    expect([OVERFLOW_MS, 1e12, Number.POSITIVE_INFINITY].map(bucketOf)).toEqual([last, last, last]);
  });
});

describe("Histogram", () => {
  it("gives quantiles within the width of a bucket of the exact ones", () => {
    const values = fc.array(fc.double({ min: 0.07, max: 60_000, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.9, 0.95, 0.99, 1), (given, quantile) => {
        const sorted = given.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(quantile * sorted.length) - 1] as number;
        const found = histogramOf(given).quantileMs(quantile) as number;
        expect(found).toBeGreaterThanOrEqual(exact * 0.88);
        expect(found).toBeLessThanOrEqual(exact * 1.13);
      }),
    );
  });

  it("counts and sums, and knows nothing of an empty one", () => {
    const histogram = histogramOf([1, 2, 3.5]);
    expect([histogram.count, histogram.sumMs]).toEqual([3, 6.5]);
    expect(new Histogram().quantileMs(0.5)).toBeUndefined();
    histogram.reset();
    expect([histogram.count, histogram.sumMs]).toEqual([0, 0]);
  });

  it("is bounded where values are not", () => {
    expect(histogramOf([Number.POSITIVE_INFINITY]).quantileMs(0.99)).toBe(OVERFLOW_MS);
  });

  it("adds up: merged in any order, it equals one that recorded everything", () => {
    const lists = fc.array(fc.array(valueMs, { maxLength: 20 }), { maxLength: 6 });
    fc.assert(
      fc.property(lists, (parts) => {
        const whole = histogramOf(parts.flat());
        const direct = new Histogram();
        const sparse = new Histogram(new Float64Array(1000), 300);
        for (const part of parts.toReversed()) {
          direct.merge(histogramOf(part));
          expect(sparse.mergeSparse(histogramOf(part).toSparse())).toBe(true);
        }
        expect(direct.toSparse()).toEqual(whole.toSparse());
        expect(sparse.toSparse()).toEqual(whole.toSparse());
        expect(direct.sumMs).toBeCloseTo(whole.sumMs, 3);
      }),
    );
  });

  it.each([
    [[1]],
    [[1.5, 1]],
    [[-1, 1]],
    [[BUCKET_COUNT, 1]],
    [[3, 1, 3, 1]],
    [[5, 1, 4, 1]],
    [[1, 0]],
    [[1, -1]],
    [[1, 1e300]],
    [[1, Number.NaN]],
    [new Array(1000).fill(1)],
  ])("adds nothing of the malformed list %j", (sparse) => {
    const histogram = new Histogram();
    expect(histogram.mergeSparse(sparse)).toBe(false);
    expect(histogram.count).toBe(0);
  });
});

describe("HistogramDelta", () => {
  it("takes each value once", () => {
    const histogram = histogramOf([1, 1, 5]);
    const delta = new HistogramDelta(histogram);
    const sum = new Histogram();
    sum.mergeSparse(delta.take());
    expect(delta.take()).toEqual([]);
    histogram.record(1);
    histogram.record(700);
    sum.mergeSparse(delta.take());
    expect(sum.toSparse()).toEqual(histogram.toSparse());
  });
});
