/**
 * Power of two choices: of two endpoints drawn at random the less loaded one gets the request.
 * Nearly as good as looking at all, at the cost of looking at two, and without the herd that runs
 * to the one that is best just now (Mitzenmacher 2001).
 *
 * Weights decide how often an endpoint is drawn, and how much one pending request weighs there.
 */

import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import { CandidatePicker } from "./candidate-picker.ts";
import type { EndpointLoad } from "./peak-ewma.ts";

/** What the load of an endpoint is, is for those to say that extend it. */
export abstract class TwoChoices extends CandidatePicker {
  /** Lower is better. */
  protected abstract cost(load: EndpointLoad, nowMs: number): number;

  override pick(nowMs: number, avoid: FailedEndpoints | null): EndpointLoad | null {
    const { candidates } = this;
    if (candidates.size < 2) return candidates.size === 0 ? null : candidates.at(0);
    const first = avoid === null ? candidates.draw() : candidates.drawBut(avoid);
    const second = avoid === null ? candidates.drawOther(first) : candidates.drawBut(avoid);
    return this.cost(second, nowMs) < this.cost(first, nowMs) ? second : first;
  }
}
