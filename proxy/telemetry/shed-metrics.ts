/**
 * What is refused or held back on purpose, and how near each limit is: counters of what happened,
 * and gauges that are read when somebody scrapes.
 */
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, Metrics } from "../../base/metrics.ts";
import type { Importance } from "../../mesh/route-behaviour.ts";
import { parseServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import { type Direction, INBOUND } from "../exchange/exchange.ts";

const DESTINATION_LABELS = ["direction", "dst_namespace", "dst_service", "dst_port"] as const;
const ROUTE_LABELS = [...DESTINATION_LABELS, "rt_route"] as const;
const SHED_LABELS = [...DESTINATION_LABELS, "importance", "reason"] as const;

/** Importances times reasons times destinations that set a limit. */
const SERIES_MAX = 2_000;

export type DestinationLabels = readonly [string, string, string, string];

/** Why a request was shed: the queue had no room, or would take too long, or took too long. */
export type ShedReason = "queue-full" | "no-time" | "queue-timeout" | "displaced";

/** What a limit on concurrency shows of itself. */
export interface GateFigures {
  readonly labels: DestinationLabels;
  readonly limit: number;
  readonly inFlight: number;
  readonly waiting: number;
}

export class ShedMetrics {
  readonly #shed: CounterFamily<typeof SHED_LABELS>;
  readonly #limited: CounterFamily<typeof ROUTE_LABELS>;
  readonly #delayed: CounterFamily<typeof ROUTE_LABELS>;
  readonly #gates = new Set<GateFigures>();

  constructor(metrics: Metrics) {
    this.#shed = metrics.counter({
      name: "heddle_shed_requests_total",
      help: "Requests that were refused because a limit on concurrency was reached.",
      labels: SHED_LABELS,
      seriesMax: SERIES_MAX,
    });
    this.#limited = metrics.counter({
      name: "heddle_rate_limited_requests_total",
      help: "Requests that were refused by a route's rate limit.",
      labels: ROUTE_LABELS,
      seriesMax: SERIES_MAX,
    });
    this.#delayed = metrics.counter({
      name: "heddle_delayed_requests_total",
      help: "Requests that were held back on purpose.",
      labels: ROUTE_LABELS,
      seriesMax: SERIES_MAX,
    });
    this.#observe(metrics, "limit", "Requests that may be under way.", (gate) => gate.limit);
    this.#observe(metrics, "in_flight", "Requests under way.", (gate) => gate.inFlight);
    this.#observe(metrics, "waiting", "Requests that wait for one to end.", (gate) => gate.waiting);
  }

  watch(gate: GateFigures): void {
    this.#gates.add(gate);
  }

  unwatch(gate: GateFigures): void {
    this.#gates.delete(gate);
  }

  shed(labels: DestinationLabels, importance: Importance, reason: ShedReason): CounterSlot {
    return this.#shed.slot([...labels, importance, reason]);
  }

  limited(labels: DestinationLabels, route: string): CounterSlot {
    return this.#limited.slot([...labels, route]);
  }

  delayed(labels: DestinationLabels, route: string): CounterSlot {
    return this.#delayed.slot([...labels, route]);
  }

  /** For slots of any of the three: whoever asked for one is done with it. */
  release(slot: CounterSlot): void {
    this.#shed.release(slot);
    this.#limited.release(slot);
    this.#delayed.release(slot);
  }

  #observe(
    metrics: Metrics,
    name: string,
    help: string,
    figure: (gate: GateFigures) => number,
  ): void {
    metrics.observe({
      name: `heddle_concurrency_${name}`,
      help: `${help} By destinations that limit them.`,
      type: "gauge",
      labels: DESTINATION_LABELS,
      read: (emit) => {
        for (const gate of this.#gates) emit(figure(gate), ...gate.labels);
      },
    });
  }
}

export function destinationLabels(direction: Direction, service: ServiceKey): DestinationLabels {
  const parsed = parseServiceKey(service);
  return [
    direction === INBOUND ? "inbound" : "outbound",
    parsed?.namespace ?? "",
    parsed?.name ?? "",
    parsed === undefined ? "" : String(parsed.port),
  ];
}
