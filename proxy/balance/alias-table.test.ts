import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { AliasTable } from "./alias-table.ts";

/** A source that goes once over [0, 1) in equal steps: counts are then exact but for rounding. */
function sweeping(steps: number) {
  let step = 0;
  return {
    nextUint32: () => 0,
    nextFloat: () => {
      step += 1;
      return (step - 0.5) / steps;
    },
  };
}

test("draws each index as often as its weight says", () => {
  const weights = fc
    .array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 30 })
    .filter((all) => all.some((weight) => weight > 0));
  fc.assert(
    fc.property(weights, (all) => {
      const draws = 20_000;
      const random = sweeping(draws);
      const table = new AliasTable(all);
      const counts = all.map(() => 0);
      for (let draw = 0; draw < draws; draw += 1) {
        const index = table.draw(random);
        counts[index] = (counts[index] ?? 0) + 1;
      }
      const total = all.reduce((sum, weight) => sum + weight, 0);
      counts.forEach((count, index) => {
        const expected = ((all[index] ?? 0) / total) * draws;
        // Each of the columns is cut once, and each cut can be off by one step.
        expect(Math.abs(count - expected)).toBeLessThanOrEqual(all.length + 1);
        if (all[index] === 0) expect(count).toBe(0);
      });
    }),
    { numRuns: 50 },
  );
});

test("stays in range with any source", () => {
  const table = new AliasTable([1, 1_000_000, 3]);
  const random = createSeededRandom(9);
  for (let draw = 0; draw < 1000; draw += 1) expect([0, 1, 2]).toContain(table.draw(random));
});
