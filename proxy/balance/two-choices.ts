/**
 * Power of two choices: of two endpoints drawn at random the less loaded one gets the request.
 * Nearly as good as looking at all, at the cost of looking at two, and without the herd that runs
 * to the one that is best just now (Mitzenmacher 2001).
 *
 * Weights decide how often an endpoint is drawn, and how much one pending request weighs there.
 */
import type { Random } from "../../base/random.ts";
import { Candidates } from "./candidates.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import type { Picker } from "./picker.ts";

/** What the load of an endpoint is, is for those to say that extend it. */
export abstract class TwoChoices implements Picker {
  readonly #candidates: Candidates;

  constructor(loads: readonly EndpointLoad[], random: Random) {
    this.#candidates = new Candidates(loads, random);
  }

  /** Lower is better. */
  protected abstract cost(load: EndpointLoad, nowMs: number): number;

  get size(): number {
    return this.#candidates.size;
  }

  includes(load: EndpointLoad): boolean {
    return this.#candidates.includes(load);
  }

  evict(load: EndpointLoad): void {
    this.#candidates.evict(load);
  }

  readmit(load: EndpointLoad): void {
    this.#candidates.readmit(load);
  }

  pick(nowMs: number, avoid: EndpointLoad | null): EndpointLoad | null {
    const candidates = this.#candidates;
    if (candidates.size < 2) return candidates.size === 0 ? null : candidates.at(0);
    const first = candidates.draw();
    const second = candidates.drawOther(first);
    if (first === avoid) return second;
    if (second === avoid) return first;
    return this.cost(second, nowMs) < this.cost(first, nowMs) ? second : first;
  }
}
