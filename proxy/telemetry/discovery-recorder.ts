/** Counts what was decided about the word of discovery, by the decision's name. */
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { Metrics } from "../../base/metrics.ts";

export const DISCOVERY_DECISIONS = [
  /** A live source removed it. */
  "removed",
  /** It is about to leave, says the source. */
  "terminating",
  /** It is gone from a source that is not synced. */
  "kept-unsynced",
  /** It is gone, and so are all others. */
  "kept-emptied",
  /** It is no longer ready, and neither is any other. */
  "kept-unready",
  /** It was kept although it is not ready, and another one serves now. */
  "unready",
  /** What was kept is listed again, or ready again. */
  "returned",
  /** Its address is another's now. */
  "replaced",
  /** It was kept until the last connection from before was closed. */
  "disconnected",
  /** It was kept for the grace time, and is let go. */
  "expired",
] as const;
export type DiscoveryDecision = (typeof DISCOVERY_DECISIONS)[number];

export class DiscoveryRecorder {
  readonly #slots = new Map<DiscoveryDecision, CounterSlot>();

  constructor(metrics: Metrics) {
    const family = metrics.counter({
      name: "heddle_discovery_decisions_total",
      help: "Endpoints about which the word of discovery was judged, by the judgement.",
      labels: ["decision"],
    });
    for (const decision of DISCOVERY_DECISIONS) this.#slots.set(decision, family.slot([decision]));
  }

  record(decision: DiscoveryDecision): void {
    this.#slots.get(decision)?.add(1);
  }
}
