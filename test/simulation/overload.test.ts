/**
 * Three times as many requests as a service can serve, for a while. Without limits they wait at
 * the servers until nobody wants their answers any more, and nearly all work is done in vain; with
 * limits what is above capacity is refused at once, and the rest is served as on a quiet day.
 */
import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { type Concurrency, DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { Draw } from "./draw-policies.ts";
import { overloadScenario, runOverload } from "./run-overload.ts";

const SEEDS = [1, 2, 3] as const;

/** Little more than what keeps the servers busy, at each of the proxies. */
function fixed(seed: number): Concurrency {
  const { proxyCount, endpointsPerService, concurrency } = scenarioOf(seed);
  const limit = Math.ceil((endpointsPerService * concurrency * 1.5) / proxyCount);
  return { ...DEFAULT_CONCURRENCY, limit, queueLength: limit, queueTimeoutMs: 100 };
}

const ADAPTIVE: Concurrency = {
  ...DEFAULT_CONCURRENCY,
  adaptive: true,
  queueLength: 20,
  queueTimeoutMs: 100,
};

function scenarioOf(seed: number, concurrency = DEFAULT_CONCURRENCY) {
  return overloadScenario(seed, new Draw(createSeededRandom(seed)), concurrency);
}

describe.each(SEEDS)("three times the capacity (seed %i)", (seed) => {
  it("with a limit: more than 90 % of it is put to use", async () => {
    const { goodput, shed, refusalMs } = await runOverload(scenarioOf(seed, fixed(seed)));
    expect(goodput).toBeGreaterThan(0.9);
    expect(shed).toBeGreaterThan(0.5);
    // Whoever is refused knows it before the queue's time is over.
    expect(refusalMs).toBeLessThan(150);
  });

  it("with a limit that finds itself: more than 90 % of it too", async () => {
    const { goodput, shed } = await runOverload(scenarioOf(seed, ADAPTIVE));
    expect(goodput).toBeGreaterThan(0.9);
    expect(shed).toBeGreaterThan(0.3);
  });

  it("without any: it collapses", async () => {
    const { goodput } = await runOverload(scenarioOf(seed));
    expect(goodput).toBeLessThan(0.3);
  });
});
