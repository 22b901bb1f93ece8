/** Budgets, rates and places that several threads take from at once: no more than was promised. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { createLimitsMemory } from "../../proxy/limits/shared-limits.ts";
import type { RacerData, RacerResult } from "../harness/limit-racer.ts";

const RACER = new URL("../harness/limit-racer.ts", import.meta.url);
const ROUNDS = 20_000;

async function race(count: number, gauge: Int32Array<SharedArrayBuffer>): Promise<RacerResult[]> {
  const limits = createLimitsMemory(count, { low: 5, high: 7 });
  const threads = Array.from({ length: count }, (_, index) => {
    const data: RacerData = { index, count, limits, gauge, rounds: ROUNDS };
    return new Worker(RACER, { workerData: data });
  });
  return await Promise.all(
    threads.map(async (thread) => {
      const [result]: RacerResult[] = await once(thread, "message");
      if (result === undefined) throw new Error("a racer said nothing");
      return result;
    }),
  );
}

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);

describe.each([1, 2, 3])("%i threads that share limits", (count) => {
  it("get what one would, to the last request", async () => {
    const gauge = new Int32Array(new SharedArrayBuffer(12));
    const results = await race(count, gauge);
    // 10 % of all requests, and 10 a second over 10 seconds.
    const retriesMax = 0.1 * count * ROUNDS + 100;
    expect(sum(results.map(({ retries }) => retries))).toBe(Math.floor(retriesMax + 1e-6));
    expect(sum(results.map(({ admitted }) => admitted))).toBe(100);
    expect(gauge[2]).toBeLessThanOrEqual(3);
    expect(gauge[1]).toBe(0);
    for (const { placed } of results) expect(placed).toBeGreaterThan(0);
  });
});
