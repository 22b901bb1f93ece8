/**
 * Splits traffic by weight, evenly: not drawn at random, where 100 requests at 90/10 give the
 * smaller side anything from 4 to 17, but counted out. In any 100 picks in a row each backend
 * gets its exact share, to within less than one pick. Only the start is random, so that many
 * proxies do not send their first requests to the same backend.
 */
import type { Random } from "../base/random.ts";
import { SplitSchedule } from "./split-schedule.ts";

export class WeightedSplit {
  readonly #weights: readonly number[];
  readonly #random: Random;
  readonly #all: SplitSchedule;
  /** Made when a backend is first missing, made again when others are. */
  #rest: SplitSchedule | null = null;
  readonly #restMask: Uint8Array;

  /** Weights are whole numbers from 0 to `WEIGHT_MAX`. */
  constructor(weights: readonly number[], random: Random) {
    this.#weights = weights;
    this.#random = random;
    this.#restMask = new Uint8Array(weights.length);
    this.#all = new SplitSchedule(weights.length);
    this.#all.plan(weights, this.#restMask.fill(1), random);
  }

  /** Index of the next backend; -1 when no weight is above zero. */
  pick(): number {
    return this.#all.next();
  }

  /**
   * The next among those that are available: the weights of the others stand for themselves. -1
   * when none is. The schedule of all is left where it stands.
   */
  pickAvailable(isAvailable: (index: number) => boolean): number {
    const mask = this.#restMask;
    let changed = this.#rest === null;
    for (let index = 0; index < mask.length; index += 1) {
      const available = isAvailable(index) ? 1 : 0;
      if (mask[index] === available) continue;
      mask[index] = available;
      changed = true;
    }
    this.#rest ??= new SplitSchedule(mask.length);
    if (changed) this.#rest.plan(this.#weights, mask, this.#random);
    return this.#rest.next();
  }
}
