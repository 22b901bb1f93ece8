/** One service, nothing wrong with it but how much is asked of it. */
import { DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import { DEFAULT_RETRY, DEFAULT_RETRY_BUDGET } from "../../mesh/retry.ts";
import type { Concurrency } from "../../mesh/route-behaviour.ts";
import type { Draw, ServicePolicies } from "./draw-policies.ts";
import { capacityPerSecond, type Scenario } from "./scenario.ts";
import { World } from "./world.ts";

const FACTOR = 3;
const FROM_MS = 1_000;
/** Time for queues to fill, and for limits to find themselves. */
const SETTLED_MS = 5_000;
const UNTIL_MS = 9_000;

export interface OverloadFigures {
  /** Answers in time, as a share of what all endpoints can serve. */
  readonly goodput: number;
  /** Share of the requests that were refused for load. */
  readonly shed: number;
  /** How long the slowest of 99 % of those took to hear of it. */
  readonly refusalMs: number;
}

export function overloadScenario(seed: number, draw: Draw, concurrency: Concurrency): Scenario {
  const policies: ServicePolicies = {
    retry: DEFAULT_RETRY,
    budget: DEFAULT_RETRY_BUDGET,
    balancer: DEFAULT_BALANCER,
    breaker: null,
    concurrency,
    rateLimit: null,
    delay: null,
    mirrorShare: 0,
  };
  return {
    seed,
    proxyCount: draw.whole(1, 3),
    clientsPerProxy: 1,
    endpointsPerService: draw.whole(2, 5),
    concurrency: draw.whole(3, 6),
    serviceMs: draw.whole(20, 40),
    thinkMs: 500,
    requestTimeoutMs: 1_000,
    policies: { web: policies, cart: policies },
    calmFromMs: UNTIL_MS,
    faults: [],
  };
}

export async function runOverload(scenario: Scenario): Promise<OverloadFigures> {
  const world = new World(scenario);
  const { ledger } = world;
  try {
    await world.start();
    const capacity = capacityPerSecond(scenario);
    world.run(FROM_MS);
    world.callOften("web", capacity * FACTOR, UNTIL_MS);
    world.run(UNTIL_MS + scenario.requestTimeoutMs);
    const ended = ledger.results.filter(
      ({ endedMs, request }) =>
        endedMs >= SETTLED_MS && endedMs < UNTIL_MS && request.host === "web",
    );
    const good = ended.filter(({ status }) => status === 200).length;
    const refused = ended.filter(({ heddleError }) => heddleError === "overloaded");
    const waits = refused
      .map(({ startedMs, endedMs }) => endedMs - startedMs)
      .sort((a, b) => a - b);
    return {
      goodput: good / (capacity * ((UNTIL_MS - SETTLED_MS) / 1_000)),
      shed: refused.length / ended.length,
      refusalMs: waits[Math.floor(waits.length * 0.99)] ?? 0,
    };
  } finally {
    world.stop();
  }
}
