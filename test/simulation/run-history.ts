/** One simulated history from its seed, and what must hold in it and at its end. */
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import {
  checkMetrics,
  checkNothingLeft,
  checkNothingPending,
  checkRecovered,
} from "./base-state.ts";
import { fail } from "./ledger.ts";
import { drawScenario, type Fault, isHarmless, type Scenario, SERVICES } from "./scenario.ts";
import type { CallResult } from "./virtual-client.ts";
import { World } from "./world.ts";

/** Faults leave traces: backoff of the evicted, and grace of what discovery forgot. */
const RECOVERY_MS = 12_000;
const PROOF_MS = 1_000;
/** Connections that nobody uses are closed after this, and copies given up. */
const IDLE_MS = 45_000;

export interface HistoryFigures {
  readonly scenario: Scenario;
  readonly requests: number;
  readonly succeeded: number;
  readonly executions: number;
  readonly repeats: number;
  readonly copies: number;
  readonly probes: number;
  /** Endpoints that were out, added up over all looks. */
  readonly evicted: number;
}

export class HistoryFailure extends Error {
  override readonly name = "HistoryFailure";
}

/** Throws `HistoryFailure`, which names the seed and tells the scenario. */
export async function runHistory(seed: number): Promise<HistoryFigures> {
  return await runScenario(drawScenario(seed, createSeededRandom(seed)));
}

/** The same, of a history in which other faults strike than its seed would have. */
export async function runWithFaults(
  seed: number,
  faults: readonly Fault[],
): Promise<HistoryFigures> {
  return await runScenario({ ...drawScenario(seed, createSeededRandom(seed)), faults });
}

async function runScenario(scenario: Scenario): Promise<HistoryFigures> {
  const { seed } = scenario;
  const world = new World(scenario);
  try {
    return await play(world);
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new HistoryFailure(
      `seed ${seed} at ${world.nowMs} ms: ${what}\n` +
        `replay: make sim SEED=${seed} RUNS=1\n${JSON.stringify(scenario)}`,
    );
  } finally {
    world.stop();
  }
}

async function play(world: World): Promise<HistoryFigures> {
  const { ledger, scenario } = world;
  await world.start();
  world.run(scenario.calmFromMs);
  world.run(scenario.calmFromMs + RECOVERY_MS);
  if (scenario.faults.every(isHarmless)) {
    expectNoFailure(ledger.results, scenario, "though nothing was wrong");
  }
  // The mesh is as it was: nothing fails any more, and nothing was left behind.
  const calm = world.nowMs;
  world.run(calm + PROOF_MS);
  const proof = ledger.startedBetween(calm, calm + PROOF_MS);
  expectNoFailure(proof, scenario, "after the faults");
  checkRecovered(world);
  world.stopSending();
  world.run(world.nowMs + scenario.requestTimeoutMs + 1_000);
  if (ledger.openCount > 0) fail(`${ledger.openCount} requests never ended`);
  world.run(world.nowMs + IDLE_MS);
  checkNothingPending(world);
  checkNothingLeft(world);
  await checkMetrics(world);
  return {
    scenario,
    requests: ledger.results.length,
    succeeded: ledger.results.filter(({ status }) => status === 200).length,
    executions: ledger.executionCount,
    repeats: ledger.repeatCount,
    copies: ledger.copyCount,
    probes: world.evictions.probesSeen,
    evicted: world.evictions.evictedSeen,
  };
}

function expectNoFailure(results: readonly CallResult[], scenario: Scenario, when: string): void {
  const failed = results.filter((result) => !isAsConfigured(result, scenario));
  const [first] = failed;
  if (first === undefined) return;
  const { request, status, heddleError, startedMs, endedMs } = first;
  fail(
    `${failed.length} requests fail ${when}: ${request.id} to ${request.host} at ${startedMs}, ` +
      `${status} ${heddleError} after ${endedMs - startedMs} ms`,
  );
}

/** How a limit says no: at once, or because time is over in the queue before it. */
const AT_LIMIT: ReadonlySet<string> = new Set([
  "overloaded",
  "deadline-exceeded",
  "request-timeout",
]);

/** A limit that somebody has set refuses what is above it, in good times too. */
function isAsConfigured({ status, heddleError, request }: CallResult, scenario: Scenario): boolean {
  if (status === 200) return true;
  const service = SERVICES.find((name) => name === request.host);
  if (service === undefined) return false;
  const isEdited = scenario.faults.some(
    (fault) => fault.kind === "edited" && fault.service === service,
  );
  const { concurrency, rateLimit } = scenario.policies[service];
  if (heddleError === "rate-limited") return rateLimit !== null || isEdited;
  const isLimited = concurrency !== DEFAULT_CONCURRENCY || isEdited;
  return isLimited && AT_LIMIT.has(heddleError);
}
