/**
 * Budgets, rates and limits that hold for all workers of a proxy together, in one piece of memory
 * that they share. Where there is no room in it a worker gets null, counts by itself, and allows
 * its share.
 */
import { type HashedKey, hashText } from "./hashed-key.ts";
import { BUDGET_BOOKS_LENGTH } from "./retry-budget.ts";
import { type SharedCell, SharedCells } from "./shared-cells.ts";
import { placesLength } from "./shared-places.ts";
import { SharedRates } from "./shared-rates.ts";

/** Destinations of one proxy that count retries together, and that limit concurrency. */
export const BUDGETS_MAX = 4_096;
export const PLACES_MAX = 1_024;
/** Keys of rate limits that are remembered, over all routes. */
export const SHARED_RATE_KEYS_MAX = 16_384;

export interface LimitsSeat {
  readonly index: number;
  readonly count: number;
  readonly limits: SharedArrayBuffer;
}

/** The seed comes first: it must be the same for all workers, and known to nobody else. */
const SEED_WORDS = 2;
const BUDGETS_AT = SEED_WORDS * Int32Array.BYTES_PER_ELEMENT;
const RATES_AT = BUDGETS_AT + SharedCells.bytesFor(BUDGETS_MAX, BUDGET_BOOKS_LENGTH);
const PLACES_AT = RATES_AT + SharedRates.bytesFor(SHARED_RATE_KEYS_MAX);

/** The memory for so many workers. What nobody uses of it takes none. */
export function createLimitsMemory(workerCount: number, seed: HashedKey): SharedArrayBuffer {
  const placesBytes = SharedCells.bytesFor(PLACES_MAX, placesLength(workerCount));
  const buffer = new SharedArrayBuffer(PLACES_AT + placesBytes);
  new Int32Array(buffer).set([seed.low, seed.high]);
  return buffer;
}

export class SharedLimits {
  readonly workerIndex: number;
  readonly workerCount: number;
  readonly rates: SharedRates;
  /** Times that there was no room. */
  refused = 0;
  readonly #seed: HashedKey;
  readonly #budgets: SharedCells;
  readonly #places: SharedCells;

  constructor({ index, count, limits }: LimitsSeat) {
    this.workerIndex = index;
    this.workerCount = count;
    const [low = 0, high = 0] = new Int32Array(limits, 0, SEED_WORDS);
    this.#seed = { low, high };
    this.#budgets = new SharedCells(limits, BUDGETS_AT, BUDGETS_MAX, BUDGET_BOOKS_LENGTH);
    this.rates = new SharedRates(limits, RATES_AT, SHARED_RATE_KEYS_MAX);
    this.#places = new SharedCells(limits, PLACES_AT, PLACES_MAX, placesLength(count));
  }

  /** What a limit is called, the same for every worker. */
  nameOf(text: string): HashedKey {
    return hashText(text, this.#seed, { low: 0, high: 0 });
  }

  claimBudget(name: string): SharedCell | null {
    return this.#counted(this.#budgets.claim(this.nameOf(name)));
  }

  claimPlaces(name: string): SharedCell | null {
    return this.#counted(this.#places.claim(this.nameOf(name)));
  }

  #counted(cell: SharedCell | null): SharedCell | null {
    if (cell === null) this.refused += 1;
    return cell;
  }
}
