/** What was decided about one backend's discovery last, for people who ask what happened. */
import type { DiscoveryDecision } from "../telemetry/discovery-recorder.ts";

/** Older ones are forgotten; the metric has counted them. */
export const DECISIONS_SHOWN_MAX = 16;

export interface DiscoveryEvent {
  readonly decision: DiscoveryDecision;
  /** The endpoint's id. */
  readonly endpoint: string;
  readonly atMs: number;
}

export class DiscoveryHistory {
  readonly #events: DiscoveryEvent[] = [];

  add(decision: DiscoveryDecision, endpoint: string, nowMs: number): void {
    if (this.#events.length === DECISIONS_SHOWN_MAX) this.#events.shift();
    this.#events.push({ decision, endpoint, atMs: nowMs });
  }

  /** The latest first. */
  list(nowMs: number): readonly {
    readonly decision: DiscoveryDecision;
    readonly endpoint: string;
    readonly agoMs: number;
  }[] {
    return this.#events
      .map(({ decision, endpoint, atMs }) => ({ decision, endpoint, agoMs: nowMs - atMs }))
      .reverse();
  }
}
