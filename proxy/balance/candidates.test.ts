import { expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { Candidates } from "./candidates.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

function withWeights(...weights: readonly number[]): readonly EndpointLoad[] {
  return weights.map(
    (weight, index) =>
      new EndpointLoad(
        sampleEndpoint(`e${index}`, { weight }),
        { decayMs: 10_000, defaultRttMs: 30 },
        0,
      ),
  );
}

test("a request under way weighs less where the weight is above the average", () => {
  const loads = withWeights(1, 2, 6);
  const candidates = new Candidates(loads, createSeededRandom(1));
  for (const load of loads) load.start();
  expect(candidates.areEven).toBe(false);
  expect(loads.map((load) => load.weightedPending)).toEqual([3, 1.5, 0.5]);
});

test.each([
  [1, 1, 1],
  [7, 7],
  [0, 0],
])("equal weights say nothing: %j", (...weights) => {
  const loads = withWeights(...weights);
  const candidates = new Candidates(loads, createSeededRandom(1));
  for (const load of loads) load.start();
  expect(candidates.areEven).toBe(true);
  expect(loads.every((load) => load.weightedPending === 1)).toBe(true);
});

test("those that are out come behind those that are in, whoever goes and comes", () => {
  const loads = withWeights(1, 1, 1, 1);
  const [a, b, c, d] = loads as [EndpointLoad, EndpointLoad, EndpointLoad, EndpointLoad];
  b.evicted = true;
  const candidates = new Candidates(loads, createSeededRandom(1));
  const ins = () => loads.filter((load) => candidates.includes(load));
  const parted = () => Array.from({ length: candidates.size }, (_, at) => candidates.at(at));
  expect(ins()).toEqual([a, c, d]);
  candidates.evict(a);
  candidates.evict(a);
  expect(ins()).toEqual([c, d]);
  candidates.readmit(b);
  candidates.readmit(b);
  expect(ins()).toEqual([b, c, d]);
  expect(new Set(parted())).toEqual(new Set([b, c, d]));
  const [stranger] = withWeights(1);
  if (stranger === undefined) throw new Error("there is one");
  candidates.readmit(stranger);
  expect(candidates.size).toBe(3);
  expect(candidates.all).toEqual(loads);
});
