/**
 * Of two endpoints drawn, the one with fewer requests under way (`least-request`). For services
 * whose answers take anything from a millisecond to minutes, where past latency tells nothing.
 */
import type { EndpointLoad } from "./peak-ewma.ts";
import { TwoChoices } from "./two-choices.ts";

export class LeastRequests extends TwoChoices {
  protected override cost(load: EndpointLoad, nowMs: number): number {
    return load.demand(nowMs);
  }
}
