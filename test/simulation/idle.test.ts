/** A proxy that nobody calls: how often its timers wake it, and what goes with its messages. */
import { expect, it } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { Draw } from "./draw-policies.ts";
import { overloadScenario } from "./run-overload.ts";
import { World } from "./world.ts";

const CALM_MS = 60_000;
const WAKES_PER_SECOND_MAX = 2;

it("an idle proxy is woken less than twice a second, also after it has served", async () => {
  const drawn = overloadScenario(1, new Draw(createSeededRandom(1)), DEFAULT_CONCURRENCY);
  const world = new World({ ...drawn, proxyCount: 1, clientsPerProxy: 5 });
  try {
    await world.start();
    world.run(5_000);
    expect(world.ledger.results.length).toBeGreaterThan(10);
    world.stopSending();
    // Connections that nobody needs are closed.
    world.run(world.nowMs + CALM_MS);
    const { timers } = world.control;
    const set = timers.set.bind(timers);
    let wakes = 0;
    timers.set = (delayMs, act) =>
      set(delayMs, () => {
        wakes += 1;
        act();
      });
    world.run(world.nowMs + CALM_MS);
    expect(wakes).toBeGreaterThan(0);
    expect((wakes * 1_000) / CALM_MS).toBeLessThan(WAKES_PER_SECOND_MAX);
  } finally {
    world.stop();
  }
});
