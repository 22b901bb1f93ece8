/** Histories drawn from seeds: whatever strikes, the mesh keeps its promises. */
import { describe, expect, it } from "vitest";
import { type HistoryFigures, runHistory, runWithFaults } from "./run-history.ts";
import { HARMLESS } from "./scenario.ts";

/** `make sim SEED=7 RUNS=100` plays others than the usual ones, and says how each went. */
const FIRST = Number(process.env.SEED ?? 1);
const RUNS = Number(process.env.RUNS ?? 200);
const IS_ASKED = process.env.SEED !== undefined;
const RUNS_PER_TEST = 5;

function describeFigures(figures: HistoryFigures): string {
  const { requests, succeeded, executions, repeats, copies, probes, evicted } = figures;
  const share = ((100 * succeeded) / requests).toFixed(1);
  return (
    `${requests} requests, ${share}% succeeded, ${executions} executions, ` +
    `${repeats} of them repeats, ${copies} copies, ${probes} probes, ${evicted} times out`
  );
}

describe("simulated histories", () => {
  for (let from = FIRST; from < FIRST + RUNS; from += RUNS_PER_TEST) {
    const until = Math.min(from + RUNS_PER_TEST, FIRST + RUNS);
    it(`keep every promise (seeds ${from} to ${until - 1})`, async () => {
      for (let seed = from; seed < until; seed += 1) {
        const figures = await runHistory(seed);
        expect(figures.requests).toBeGreaterThan(100);
        if (IS_ASKED) console.log(`seed ${seed}: ${describeFigures(figures)}`);
      }
    });
  }

  it.each([...HARMLESS])("cost nobody anything where all that strikes is %s", async (kind) => {
    for (let seed = FIRST; seed < FIRST + RUNS_PER_TEST; seed += 1) {
      const struck = {
        kind,
        service: "web",
        endpoints: [0],
        fromMs: 2_000,
        untilMs: 7_000,
      } as const;
      const { succeeded } = await runWithFaults(seed, [struck]);
      expect(succeeded).toBeGreaterThan(100);
    }
  });

  it("repeat exactly from their seed", async () => {
    expect(await runHistory(FIRST)).toEqual(await runHistory(FIRST));
  });
});
