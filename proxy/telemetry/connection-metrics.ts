/** Gauges that are read when somebody scrapes: connections, endpoints, and what is held. */
import type { Metrics } from "../../base/metrics.ts";
import type { OperatorLink } from "../control/client.ts";
import type { Configuration } from "../control/configuration.ts";
import type { Inbound } from "../inbound/inbound.ts";
import type { Outbound } from "../outbound/outbound.ts";

export function observeConnections(
  metrics: Metrics,
  outbound: Outbound,
  inbound: Inbound | null,
): void {
  metrics.observe({
    name: "heddle_server_connections_open",
    help: "Connections from callers.",
    type: "gauge",
    labels: ["direction"],
    read: (emit) => {
      emit(outbound.connections.size, "outbound");
      emit(inbound?.connections.size ?? 0, "inbound");
    },
  });
  metrics.observe({
    name: "heddle_pool_connections",
    help: "Connections to endpoints, by what they do.",
    type: "gauge",
    labels: ["state"],
    read: (emit) => {
      let open = 0;
      let idle = 0;
      for (const backend of outbound.table.backends) {
        const counted = backend.countConnections();
        open += counted.open;
        idle += counted.idle;
      }
      emit(open - idle, "busy");
      emit(idle, "idle");
    },
  });
  metrics.observe({
    name: "heddle_endpoints",
    help: "Endpoints that are known, by their state in discovery.",
    type: "gauge",
    labels: ["state"],
    read: (emit) => {
      const counts = new Map([
        ["ready", 0],
        ["serving", 0],
        ["terminating", 0],
        ["not-ready", 0],
      ]);
      for (const backend of outbound.table.backends) {
        for (const { state } of backend.endpoints.endpoints) {
          counts.set(state, (counts.get(state) ?? 0) + 1);
        }
      }
      for (const [state, count] of counts) emit(count, state);
    },
  });
}

export function observeControl(
  metrics: Metrics,
  configuration: Configuration,
  client: OperatorLink | null,
): void {
  metrics.observe({
    name: "heddle_control_connected",
    help: "1 while an operator is connected.",
    type: "gauge",
    read: (emit) => emit(client?.status().state === "live" ? 1 : 0),
  });
  metrics.observe({
    name: "heddle_control_silence_seconds",
    help: "Since anything was heard from an operator; -1 when nothing ever was.",
    type: "gauge",
    read: (emit) => {
      const ageMs = client?.status().lastMessageAgeMs ?? null;
      emit(ageMs === null ? -1 : ageMs / 1_000);
    },
  });
  metrics.observe({
    name: "heddle_control_sessions_total",
    help: "Times that an operator has welcomed this proxy.",
    type: "counter",
    read: (emit) => emit(client?.status().sessions ?? 0),
  });
  metrics.observe({
    name: "heddle_control_reports_total",
    help: "Reports to the operator, by whether they were sent or had to make way.",
    type: "counter",
    labels: ["outcome"],
    read: (emit) => {
      const status = client?.status();
      emit(status?.reportsSent ?? 0, "sent");
      emit(status?.reportsDropped ?? 0, "dropped");
    },
  });
  metrics.observe({
    name: "heddle_addresses",
    help: "Addresses that were dialled and are followed, by what stands there.",
    type: "gauge",
    labels: ["state"],
    read: (emit) => {
      const counts = { pending: 0, unknown: 0, service: 0, endpoint: 0 };
      for (const { state } of configuration.addresses) {
        if (state === "absent") counts.unknown += 1;
        else counts[state === "pending" ? state : state.kind] += 1;
      }
      for (const [state, count] of Object.entries(counts)) emit(count, state);
    },
  });
  metrics.observe({
    name: "heddle_config_resources",
    help: "Resources that are held or asked for, addresses left out, by state.",
    type: "gauge",
    labels: ["state"],
    read: (emit) => {
      const counts = { live: 0, pending: 0, absent: 0 };
      for (const entry of configuration.entries()) counts[entry.state] += 1;
      for (const [state, count] of Object.entries(counts)) emit(count, state);
    },
  });
}
