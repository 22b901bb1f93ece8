/** How many endpoints are in which condition, read when somebody scrapes. */
import type { Clock } from "../../base/clock.ts";
import type { Metrics } from "../../base/metrics.ts";
import { BREAKER_STATE_NAMES } from "../balance/breaker.ts";
import type { DestinationTable } from "./destination-table.ts";
import { DISCOVERY_STANDINGS } from "./discovery-trust.ts";

export function observeEndpoints(metrics: Metrics, table: DestinationTable, clock: Clock): void {
  metrics.observe({
    name: "heddle_endpoints_kept",
    help: "Endpoints that are gone from discovery and kept, by whether anything leads there.",
    type: "gauge",
    labels: ["usable"],
    read: (emit) => {
      const counts = { true: 0, false: 0 };
      for (const { trust } of table.backends) {
        for (const { kept, usable } of trust.endpoints) {
          if (kept !== null) counts[`${usable}`] += 1;
        }
      }
      emit(counts.true, "true");
      emit(counts.false, "false");
    },
  });
  metrics.observe({
    name: "heddle_endpoints_breaker",
    help: "Endpoints whose failures are watched, by what is thought of them.",
    type: "gauge",
    labels: ["state"],
    read: (emit) => {
      const counts = BREAKER_STATE_NAMES.map(() => 0);
      const nowMs = clock.nowMs();
      let penalised = 0;
      for (const { loads } of table.backends) {
        for (const { breaker, penalised: isPenalised } of loads) {
          if (breaker === null) continue;
          const state = breaker.state(nowMs);
          if (isPenalised) penalised += 1;
          else counts[state] = (counts[state] ?? 0) + 1;
        }
      }
      for (const [state, name] of BREAKER_STATE_NAMES.entries()) emit(counts[state] ?? 0, name);
      emit(penalised, "penalised");
    },
  });
  metrics.observe({
    name: "heddle_discovery_backends",
    help: "Backends, by what is thought of the source of their endpoints.",
    type: "gauge",
    labels: ["standing"],
    read: (emit) => {
      const counts = new Map(DISCOVERY_STANDINGS.map((standing) => [standing, 0]));
      for (const { standing } of table.backends) {
        counts.set(standing, (counts.get(standing) ?? 0) + 1);
      }
      for (const [standing, count] of counts) emit(count, standing);
    },
  });
}
