/** Whether connections of applications come here, for those who watch many proxies. */
import type { Metrics } from "../../base/metrics.ts";
import type { InterceptionProof } from "./interception-proof.ts";

export function observeInterception(metrics: Metrics, proof: InterceptionProof): void {
  metrics.observe({
    name: "heddle_interception_proven",
    help: "1 where a connection of this machine was redirected here when it was last tried.",
    type: "gauge",
    labels: ["family"],
    read: (emit) => {
      for (const { family, outcome } of proof.families) emit(outcome === "proven" ? 1 : 0, family);
    },
  });
}
