import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { RoundRobin } from "./round-robin.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

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

test("equal weights go round, from a place of chance", () => {
  const loads = createLoads([2, 2, 2, 2, 2]);
  const starts = new Set<string>();
  for (let seed = 0; seed < 50; seed += 1) {
    const picker = new RoundRobin(loads, createSeededRandom(seed));
    const ids = Array.from({ length: 10 }, () => picker.pick(0, null)?.endpoint.id ?? "");
    expect(new Set(ids.slice(0, 5)).size).toBe(5);
    expect(ids.slice(5)).toEqual(ids.slice(0, 5));
    starts.add(ids[0] ?? "");
  }
  expect(starts.size).toBe(5);
});

test("other weights have their share of every run, spread out", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 50 }),
      fc.integer(),
      fc.nat(2000),
      fc.integer({ min: 1, max: 2000 }),
      (weights, seed, from, length) => {
        const loads = createLoads(weights);
        const picker = new RoundRobin(loads, createSeededRandom(seed));
        for (let each = 0; each < from; each += 1) picker.pick(0, null);
        const counts = new Map<EndpointLoad | null, number>();
        for (let each = 0; each < length; each += 1) {
          const picked = picker.pick(0, null);
          counts.set(picked, (counts.get(picked) ?? 0) + 1);
        }
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        loads.forEach((load, index) => {
          const wanted = ((weights[index] ?? 0) / total) * length;
          expect(Math.abs((counts.get(load) ?? 0) - wanted)).toBeLessThan(5);
        });
      },
    ),
  );
});

test("one in slow start gets about its part", () => {
  const loads = createLoads([1, 1, 1, 1]);
  loads[0]?.beginSlowStart(0, 1000);
  const picker = new RoundRobin(loads, createSeededRandom(1));
  const share = (nowMs: number): number => {
    let count = 0;
    for (let each = 0; each < 8000; each += 1)
      if (picker.pick(nowMs, null) === loads[0]) count += 1;
    return count / 8000;
  };
  expect(share(0)).toBeLessThan(0.05);
  expect(share(500)).toBeCloseTo(0.55 / 3.55, 1);
  expect(share(1000)).toBeCloseTo(0.25, 2);
});
