import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { PowerOfTwoChoices } from "./power-of-two.ts";
import { sampleEndpoint, sampleFailed } from "./sample-endpoint.ts";

function createLoads(weights: readonly number[]): EndpointLoad[] {
  return weights.map(
    (weight, index) =>
      new EndpointLoad(
        sampleEndpoint(`e${index}`, { weight }),
        { decayMs: 10_000, defaultRttMs: 30 },
        0,
      ),
  );
}

function sharesOf(picker: PowerOfTwoChoices, loads: readonly EndpointLoad[], picks: number) {
  const counts = new Map<EndpointLoad | null, number>();
  for (let index = 0; index < picks; index += 1) {
    const picked = picker.pick(0, null);
    counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  return loads.map((load) => (counts.get(load) ?? 0) / picks);
}

test("nothing comes out of nothing, and one out of one, even to be avoided", () => {
  const random = createSeededRandom(1);
  expect(new PowerOfTwoChoices([], random).pick(0, null)).toBeNull();
  const [only] = createLoads([1]);
  const picker = new PowerOfTwoChoices(only === undefined ? [] : [only], random);
  expect(picker.pick(0, null)).toBe(only);
  expect(picker.pick(0, only === undefined ? null : sampleFailed(only))).toBe(only);
});

test("what is to be avoided is never picked when there is another", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 20 }),
      fc.nat(),
      fc.integer(),
      (weights, at, seed) => {
        const loads = createLoads(weights);
        const avoid = loads[at % loads.length] as EndpointLoad;
        // It would win every comparison.
        for (const load of loads) if (load !== avoid) load.start();
        const picker = new PowerOfTwoChoices(loads, createSeededRandom(seed));
        for (let pick = 0; pick < 50; pick += 1) {
          const picked = picker.pick(0, sampleFailed(avoid));
          expect(picked).not.toBeNull();
          expect(picked).not.toBe(avoid);
        }
      },
    ),
  );
});

test("of two the less loaded wins always", () => {
  const loads = createLoads([1, 1]);
  loads[0]?.start();
  const picker = new PowerOfTwoChoices(loads, createSeededRandom(1));
  expect(sharesOf(picker, loads, 1000)).toEqual([0, 1]);
});

test("the most loaded of many is never picked, the least loaded about twice as often", () => {
  const loads = createLoads(new Array<number>(10).fill(1));
  loads.forEach((load, index) => {
    for (let each = 0; each < index; each += 1) load.start();
  });
  const picker = new PowerOfTwoChoices(loads, createSeededRandom(2));
  const shares = sharesOf(picker, loads, 50_000);
  expect(shares.at(-1)).toBe(0);
  // The chance to be drawn at all: 1 - (9/10 * 8/9).
  expect(shares[0]).toBeCloseTo(0.2, 2);
});

describe("at equal load", () => {
  test("each of many gets an equal part", () => {
    const loads = createLoads(new Array<number>(8).fill(5));
    const picker = new PowerOfTwoChoices(loads, createSeededRandom(3));
    for (const share of sharesOf(picker, loads, 80_000)) expect(share).toBeCloseTo(1 / 8, 2);
  });

  test("weights are the parts", () => {
    const weights = [1, 2, 3, 4];
    const loads = createLoads(weights);
    const picker = new PowerOfTwoChoices(loads, createSeededRandom(4));
    sharesOf(picker, loads, 100_000).forEach((share, index) => {
      expect(share).toBeCloseTo((weights[index] ?? 0) / 10, 2);
    });
  });
});

test("when all are busy, requests under way follow the weights", () => {
  const weights = [1, 3];
  const loads = createLoads(weights);
  const picker = new PowerOfTwoChoices(loads, createSeededRandom(5));
  for (let request = 0; request < 400; request += 1) picker.pick(0, null)?.start();
  expect(loads[0]?.pending).toBeGreaterThan(95);
  expect(loads[0]?.pending).toBeLessThan(105);
});
