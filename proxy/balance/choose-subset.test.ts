import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import { chooseSubset } from "./choose-subset.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

function loads(count: number): EndpointLoad[] {
  return Array.from(
    { length: count },
    (_, index) => new EndpointLoad(sampleEndpoint(`10.0.0.${index}:80`), DEFAULT_BALANCER, 0),
  );
}

test("takes so many, in the order given, or all", () => {
  const all = loads(20);
  const some = chooseSubset(all, 5, 7);
  expect(some).toHaveLength(5);
  expect(all.filter((load) => some.includes(load))).toEqual(some);
  expect(chooseSubset(all, 0, 7)).toBe(all);
  expect(chooseSubset(all, 20, 7)).toBe(all);
});

test("one that goes changes one place at most", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 29 }), (seed, gone) => {
      const all = loads(30);
      const before = chooseSubset(all, 8, seed);
      const after = chooseSubset(
        all.filter((_, index) => index !== gone),
        8,
        seed,
      );
      const lost = before.filter((load) => !after.includes(load));
      expect(lost).toEqual(before.filter((load) => load === all[gone]));
    }),
  );
});

test("proxies together use all", () => {
  const all = loads(30);
  const uses = new Map<EndpointLoad, number>();
  for (let seed = 0; seed < 300; seed += 1) {
    for (const load of chooseSubset(all, 5, seed)) uses.set(load, (uses.get(load) ?? 0) + 1);
  }
  for (const load of all) {
    expect(uses.get(load)).toBeGreaterThan(20);
    expect(uses.get(load)).toBeLessThan(90);
  }
});
