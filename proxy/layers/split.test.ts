import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { WeightedSplit } from "../../mesh/weighted-split.ts";
import type { BackendStack } from "../exchange/stacks.ts";
import { BackendSplit } from "./split.ts";

/** How many of a hundred go to each of three. */
function turns(available: readonly boolean[]): readonly number[] {
  // Only what a split asks of a backend.
  const backends = available.map(
    (is) => ({ available: is }) as Partial<BackendStack> as BackendStack,
  );
  const split = new BackendSplit(backends, new WeightedSplit([70, 20, 10], createSeededRandom(1)));
  const counts = backends.map(() => 0);
  for (let turn = 0; turn < 100; turn += 1) {
    const next = split.next();
    const at = next === null ? -1 : backends.indexOf(next);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

describe("a split", () => {
  it("goes by weight", () => {
    expect(turns([true, true, true])).toEqual([70, 20, 10]);
  });

  it("passes those over that have nobody to answer", () => {
    const [none, more, fewer] = turns([false, true, true]);
    expect(none).toBe(0);
    expect(more).toBeGreaterThan(2 * (fewer ?? 0) - 5);
    expect(turns([false, false, true])).toEqual([0, 0, 100]);
  });

  it("goes by weight again where nobody has, so that each is told of its own", () => {
    expect(turns([false, false, false])).toEqual([70, 20, 10]);
  });
});
