/** What a proxy tells of its process beside what every program does: its version, and its loop. */
import type { Metrics } from "../../base/metrics.ts";
import {
  type ProcessFigures as AnyProcess,
  observeProcess as observeAny,
} from "../../base/process-metrics.ts";

/** What the platform says of this process. */
export interface ProcessFigures extends AnyProcess {
  /** The longest turn of the loop since it was asked last, in seconds; null when not measured. */
  readonly takeLoopDelaySeconds: (() => number) | null;
}

export function observeProcess(metrics: Metrics, figures: ProcessFigures, version: string): void {
  observeAny(metrics, figures);
  metrics.observe({
    name: "heddle_build_info",
    help: "Always 1; the label says which version runs.",
    type: "gauge",
    labels: ["version"],
    read: (emit) => emit(1, version),
  });
  const { takeLoopDelaySeconds } = figures;
  if (takeLoopDelaySeconds === null) return;
  metrics.observe({
    name: "heddle_loop_delay_max_seconds",
    help: "Longest turn of the event loop since the last scrape.",
    type: "gauge",
    read: (emit) => emit(takeLoopDelaySeconds()),
  });
}
