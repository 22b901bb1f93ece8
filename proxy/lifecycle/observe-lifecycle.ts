/** What is told of the going of a proxy: a metric, and a part of its pages. */
import type { Metrics } from "../../base/metrics.ts";
import { type Lifecycle, STAGES, type Stage } from "./lifecycle.ts";

export function observeLifecycle(metrics: Metrics, lifecycle: Lifecycle): void {
  metrics.observe({
    name: "heddle_lifecycle_stage",
    help: "1 for the stage that the proxy is in.",
    type: "gauge",
    labels: ["stage"],
    read: (emit) => {
      for (const stage of STAGES) emit(lifecycle.stage === stage ? 1 : 0, stage);
    },
  });
}

export interface DescribedLifecycle {
  readonly stage: Stage;
  /** Callers that are connected. */
  readonly connections: { readonly outbound: number; readonly inbound: number };
}

export function describeLifecycle(lifecycle: Lifecycle): DescribedLifecycle {
  return {
    stage: lifecycle.stage,
    connections: { outbound: lifecycle.countAt("outbound"), inbound: lifecycle.countAt("inbound") },
  };
}
