/**
 * Power of two choices: of two endpoints drawn at random the less loaded one gets the request.
 * Nearly as good as looking at all, at the cost of looking at two, and without the herd that runs
 * to the one that is best just now (Mitzenmacher 2001).
 *
 * Weights decide how often an endpoint is drawn, and how much one pending request weighs there.
 */
import type { Random } from "../../base/random.ts";
import { AliasTable } from "./alias-table.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import type { Picker } from "./picker.ts";

/** After so many draws of the same endpoint the second is drawn without regard to weight. */
const REDRAWS_MAX = 4;

export class PowerOfTwoChoices implements Picker {
  readonly #loads: readonly EndpointLoad[];
  readonly #random: Random;
  /** Null when all weights are equal. */
  readonly #weights: AliasTable | null;

  constructor(loads: readonly EndpointLoad[], random: Random) {
    this.#loads = loads;
    this.#random = random;
    this.#weights = weigh(loads);
  }

  get size(): number {
    return this.#loads.length;
  }

  includes(load: EndpointLoad): boolean {
    return this.#loads.includes(load);
  }

  pick(nowMs: number, avoid: EndpointLoad | null): EndpointLoad | null {
    const count = this.#loads.length;
    if (count < 2) return this.#loads[0] ?? null;
    const firstIndex = this.#draw();
    const first = this.#loads[firstIndex]!;
    const second = this.#loads[this.#drawOther(firstIndex)]!;
    if (first === avoid) return second;
    if (second === avoid) return first;
    return second.load(nowMs) < first.load(nowMs) ? second : first;
  }

  #draw(): number {
    if (this.#weights !== null) return this.#weights.draw(this.#random);
    return Math.floor(this.#random.nextFloat() * this.#loads.length);
  }

  #drawOther(first: number): number {
    if (this.#weights !== null) {
      for (let tries = 0; tries < REDRAWS_MAX; tries += 1) {
        const index = this.#weights.draw(this.#random);
        if (index !== first) return index;
      }
    }
    const index = Math.floor(this.#random.nextFloat() * (this.#loads.length - 1));
    return index < first ? index : index + 1;
  }
}

/** Tells every load its weight among the others. */
function weigh(loads: readonly EndpointLoad[]): AliasTable | null {
  const weights = loads.map((load) => Math.max(0, load.endpoint.weight));
  const average = weights.reduce((sum, weight) => sum + weight, 0) / Math.max(1, weights.length);
  const isEven = weights.every((weight) => weight === weights[0]);
  loads.forEach((load, index) => {
    load.setRelativeWeight(isEven ? 1 : weights[index]! / average);
  });
  return isEven ? null : new AliasTable(weights);
}
