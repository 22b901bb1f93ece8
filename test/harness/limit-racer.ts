/** One thread of several that take from the same limits as fast as they can. */
import { parentPort, workerData } from "node:worker_threads";
import { RateLimiter } from "../../proxy/limits/rate-limit.ts";
import { RetryBudget, type SharedBooks } from "../../proxy/limits/retry-budget.ts";
import { SharedLimits } from "../../proxy/limits/shared-limits.ts";
import { SharedPlaces } from "../../proxy/limits/shared-places.ts";

/** What a racer is given, and what it gives back. */
export interface RacerData {
  readonly index: number;
  readonly count: number;
  readonly limits: SharedArrayBuffer;
  /** Grows when all may begin; then holds how many places are taken at once, and the most. */
  readonly gauge: Int32Array<SharedArrayBuffer>;
  readonly rounds: number;
}

export interface RacerResult {
  readonly retries: number;
  readonly admitted: number;
  readonly placed: number;
}

export const RACE_BUDGET = { ratio: 0.1, minRetriesPerSecond: 10, ttlMs: 10_000 };
export const RACE_RATE = { requestsPerSecond: 0.001, burst: 99, header: "" };
export const RACE_PLACES = 3;
/** Nobody's clock moves: what is counted is counted at one time. */
const NOW_MS = 1_000_000;

const START = 0;
const TAKEN = 1;
const MOST = 2;

function race({ index, count, limits, gauge, rounds }: RacerData): RacerResult {
  const shared = new SharedLimits({ index, count, limits });
  const cell = shared.claimBudget("web");
  const placesCell = shared.claimPlaces("web");
  if (cell === null || placesCell === null) throw new Error("there is room for one of each");
  const books: SharedBooks = { memory: cell.numbers, lock: cell.lock };
  const budget = new RetryBudget(RACE_BUDGET, books);
  const name = shared.nameOf("web");
  const limiter = new RateLimiter(RACE_RATE, 8, { rates: shared.rates, name });
  const places = new SharedPlaces(RACE_PLACES, placesCell, index, count);
  Atomics.add(gauge, START, 1);
  // All at once, or they would not meet.
  while (Atomics.load(gauge, START) < count);
  let retries = 0;
  let admitted = 0;
  let placed = 0;
  for (let round = 0; round < rounds; round += 1) {
    budget.deposit(NOW_MS);
    if (budget.tryWithdraw(NOW_MS)) retries += 1;
    if (limiter.take("client", NOW_MS) === 0) admitted += 1;
    if (!places.tryAcquire()) continue;
    placed += 1;
    const taken = Atomics.add(gauge, TAKEN, 1) + 1;
    if (taken > Atomics.load(gauge, MOST)) Atomics.store(gauge, MOST, taken);
    Atomics.sub(gauge, TAKEN, 1);
    places.release(NOW_MS, 0, 0);
  }
  return { retries, admitted, placed };
}

// Whoever started it gave it this.
parentPort?.postMessage(race(workerData as RacerData));
