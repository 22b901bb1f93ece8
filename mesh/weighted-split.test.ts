import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../base/random.ts";
import { WeightedSplit } from "./weighted-split.ts";

function picks(split: WeightedSplit, count: number): number[] {
  return Array.from({ length: count }, () => split.pick());
}

/** The furthest that any window of that length is from any backend's exact share. */
function worstWindow(sequence: readonly number[], weights: readonly number[], length: number) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => (weight * length) / total);
  const counts = weights.map(() => 0);
  let worst = 0;
  sequence.forEach((backend, index) => {
    counts[backend] = (counts[backend] ?? 0) + 1;
    const leaving = sequence[index - length];
    if (leaving !== undefined) counts[leaving] = (counts[leaving] ?? 0) - 1;
    if (index < length - 1) return;
    counts.forEach((count, each) => {
      worst = Math.max(worst, Math.abs(count - (shares[each] ?? 0)));
    });
  });
  return worst;
}

const seed = fc.integer();
const weight = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 1, max: 1_000_000 }),
  fc.constantFrom(1, 1_000_000),
);

describe("any run of picks", () => {
  test("of 100 holds each backend's share to within less than one", () => {
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 12 }), seed, (weights, start) => {
        const split = new WeightedSplit(weights, createSeededRandom(start));
        expect(worstWindow(picks(split, 2000), weights, 100)).toBeLessThan(1);
      }),
      { numRuns: 300 },
    );
  });

  test("of any length is within one of both shares when there are two backends", () => {
    fc.assert(
      fc.property(weight, weight, fc.integer({ min: 1, max: 300 }), seed, (a, b, length, start) => {
        const split = new WeightedSplit([a, b], createSeededRandom(start));
        expect(worstWindow(picks(split, 1000), [a, b], length)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });

  test("of 100 at whole percents is exact", () => {
    for (const weights of [
      [90, 10],
      [1, 99],
      [50, 30, 20],
      [1, 1, 98],
      [25, 25, 25, 25],
    ]) {
      const split = new WeightedSplit(weights, createSeededRandom(7));
      expect(worstWindow(picks(split, 1000), weights, 100)).toBe(0);
    }
  });
});

function counted(split: WeightedSplit, count: number, backends: number): readonly number[] {
  const counts = new Array<number>(backends).fill(0);
  for (let pick = 0; pick < count; pick += 1) {
    const index = split.pick();
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

test("fractions come out even after as many blocks as the weights add up to", () => {
  const split = new WeightedSplit([3, 1, 3], createSeededRandom(3));
  expect(counted(split, 700, 3)).toEqual([300, 100, 300]);
  expect(counted(split, 700, 3)).toEqual([300, 100, 300]);
});

test("very small weights get their turn, give or take a few, over millions of picks", () => {
  const split = new WeightedSplit([999_998, 1, 1], createSeededRandom(3));
  const [, second = 0, third = 0] = counted(split, 5_000_000, 3);
  expect(Math.abs(second - 5)).toBeLessThanOrEqual(2);
  expect(Math.abs(third - 5)).toBeLessThanOrEqual(2);
});

test("the start differs from proxy to proxy, by weight", () => {
  const first = [0, 0, 0];
  for (let proxy = 0; proxy < 4000; proxy += 1) {
    const index = new WeightedSplit([60, 30, 10], createSeededRandom(proxy)).pick();
    first[index] = (first[index] ?? 0) + 1;
  }
  expect((first[0] ?? 0) / 4000).toBeCloseTo(0.6, 1);
  expect((first[1] ?? 0) / 4000).toBeCloseTo(0.3, 1);
  expect((first[2] ?? 0) / 4000).toBeCloseTo(0.1, 1);
});

test("weight zero is never picked, and nothing is when all are zero", () => {
  const split = new WeightedSplit([0, 5, 0, 5], createSeededRandom(1));
  expect(new Set(picks(split, 100))).toEqual(new Set([1, 3]));
  expect(new WeightedSplit([0, 0], createSeededRandom(1)).pick()).toBe(-1);
  expect(new WeightedSplit([], createSeededRandom(1)).pick()).toBe(-1);
  expect(new WeightedSplit([4], createSeededRandom(1)).pick()).toBe(0);
});

describe("when backends are missing", () => {
  test("the weights of the others stand for themselves", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(weight, fc.boolean()), { minLength: 1, maxLength: 8 }),
        seed,
        (backends, start) => {
          const weights = backends.map(([each]) => each);
          const available = (index: number) => backends[index]?.[1] === true;
          const split = new WeightedSplit(weights, createSeededRandom(start));
          const sequence = Array.from({ length: 1000 }, () => split.pickAvailable(available));
          if (!backends.some(([, is]) => is)) {
            expect(new Set(sequence)).toEqual(new Set([-1]));
            return;
          }
          expect(sequence.every(available)).toBe(true);
          const left = weights.map((each, index) => (available(index) ? each : 0));
          expect(worstWindow(sequence, left, 100)).toBeLessThan(1);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("a backend that comes back has its share at once, one that goes has none", () => {
    const split = new WeightedSplit([50, 30, 20], createSeededRandom(5));
    const without = (missing: number) =>
      Array.from({ length: 100 }, () => split.pickAvailable((index) => index !== missing));
    const count = (sequence: readonly number[], backend: number) =>
      sequence.filter((each) => each === backend).length;
    expect(count(without(2), 2)).toBe(0);
    expect(count(without(0), 1)).toBe(60);
    expect(count(without(-1), 0)).toBe(50);
    expect(count(picks(split, 100), 2)).toBe(20);
  });
});
