/** The default: of two endpoints drawn, the one that is likely to answer first (`peak-ewma`). */
import type { EndpointLoad } from "./peak-ewma.ts";
import { TwoChoices } from "./two-choices.ts";

export class PowerOfTwoChoices extends TwoChoices {
  protected override cost(load: EndpointLoad, nowMs: number): number {
    return load.load(nowMs);
  }
}
