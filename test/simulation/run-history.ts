/** One simulated history from its seed, and what must hold in it and at its end. */
import { createSeededRandom } from "../../base/random.ts";
import { fail } from "./ledger.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { SIMULATED_BUDGET, World } from "./world.ts";

/** Faults leave traces: backoff of the evicted, and grace of what discovery forgot. */
const RECOVERY_MS = 15_000;
const PROOF_MS = 2_000;

export interface HistoryFigures {
  readonly scenario: Scenario;
  readonly requests: number;
  readonly succeeded: number;
  readonly executions: number;
  readonly retries: number;
}

export class HistoryFailure extends Error {
  override readonly name = "HistoryFailure";
}

/** Throws `HistoryFailure`, which names the seed and tells the scenario. */
export async function runHistory(seed: number): Promise<HistoryFigures> {
  const scenario = drawScenario(seed, createSeededRandom(seed));
  try {
    return await play(scenario);
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new HistoryFailure(
      `seed ${seed}: ${what}\nreplay: make sim SEED=${seed} RUNS=1\n${JSON.stringify(scenario)}`,
    );
  }
}

async function play(scenario: Scenario): Promise<HistoryFigures> {
  const world = new World(scenario);
  const { ledger } = world;
  await world.start();
  world.run(scenario.calmFromMs);
  world.run(scenario.calmFromMs + RECOVERY_MS);
  checkWhatOnlyDiscoveryDid(world);
  // The mesh is as it was: nothing fails any more, and nothing was left behind.
  const calm = world.nowMs;
  world.run(calm + PROOF_MS);
  const failed = ledger
    .startedBetween(calm, calm + PROOF_MS)
    .filter(({ status }) => status !== 200);
  const [first] = failed;
  if (first !== undefined) {
    fail(`${failed.length} requests fail after the faults: ${first.status} ${first.heddleError}`);
  }
  ledger.checkBudget(SIMULATED_BUDGET, scenario.proxyCount, world.nowMs);
  world.stopSending();
  world.run(world.nowMs + scenario.requestTimeoutMs + 1_000);
  if (ledger.openCount > 0) fail(`${ledger.openCount} requests never ended`);
  checkNothingPending(world);
  return {
    scenario,
    requests: ledger.results.length,
    succeeded: ledger.results.filter(({ status }) => status === 200).length,
    executions: ledger.executionCount,
    retries: ledger.retryCount,
  };
}

/** Discovery that knows less than the proxy costs nobody a request. */
function checkWhatOnlyDiscoveryDid({ scenario, ledger }: World): void {
  const harmless = scenario.faults.every(({ kind }) => kind === "emptied" || kind === "unsynced");
  if (!harmless) return;
  const failed = ledger.results.filter(({ status }) => status !== 200);
  if (failed.length > 0) fail(`${failed.length} requests failed for want of discovery`);
}

/** Counts that only go down when every exchange is given back properly. */
function checkNothingPending(world: World): void {
  for (const proxy of world.proxies) {
    for (const backend of proxy.outbound.table.backends) {
      for (const load of backend.loads) {
        if (load.pending !== 0) fail(`${load.pending} pending at ${load.endpoint.id}`);
      }
    }
  }
}
