/**
 * The golden metrics: how many requests, how they ended, how long they took, per service, route
 * and backend. Series are looked up when a destination's stacks are composed; a request adds to
 * numbers in arrays.
 */
import { type Histogram, HistogramDelta } from "../../base/histogram.ts";
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, HistogramFamily, Metrics } from "../../base/metrics.ts";
import type { Rule } from "../../mesh/destination.ts";
import { ResponseClassifier } from "../../mesh/response-class.ts";
import { parseServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import { STAT_ROWS_MAX, type StatRow } from "../../mesh/stat-report.ts";
import { type Direction, type Exchange, INBOUND } from "../exchange/exchange.ts";
import type { BackendStack } from "../exchange/stacks.ts";

const SERIES_LABELS = [
  "direction",
  "dst_namespace",
  "dst_service",
  "dst_port",
  "rt_route",
  "backend",
] as const;
type SeriesLabels = typeof SERIES_LABELS;
type SeriesValues = readonly [string, string, string, string, string, string];

const RESPONSE_LABELS = [...SERIES_LABELS, "classification", "status_code"] as const;

/** Series of one family in one proxy: services it uses, times their routes and backends. */
const SERIES_MAX = 5_000;
const STATUS_COUNT = 600;
/** Where a status is counted that is none of RFC 9110's. */
const OTHER_STATUS = 0;

/** Records the exchanges of one rule of one destination. */
export class RouteRecorder {
  readonly #backends: readonly BackendStack[];
  readonly #series: readonly BackendSeries[];
  /** For exchanges that failed before a backend was chosen. */
  readonly #none: BackendSeries;
  readonly #classifier: ResponseClassifier;

  constructor(
    backends: readonly BackendStack[],
    series: readonly BackendSeries[],
    none: BackendSeries,
    classifier: ResponseClassifier,
  ) {
    this.#backends = backends;
    this.#series = series;
    this.#none = none;
    this.#classifier = classifier;
  }

  record(exchange: Exchange): void {
    const series = this.#seriesOf(exchange.backend);
    // A fault after the head went out is a failure, whatever the status had promised.
    const failed = exchange.fault !== null || this.#classifier.isFailure(exchange.status);
    const toMs = exchange.answeredMs > 0 ? exchange.answeredMs : exchange.endedMs;
    series.record(exchange.status, failed, toMs - exchange.startedMs, exchange.attempt);
  }

  /** Whether an answer of that status is one, or a failure. */
  isFailure(status: number): boolean {
    return this.#classifier.isFailure(status);
  }

  #seriesOf(backend: BackendStack | null): BackendSeries {
    const backends = this.#backends;
    for (let index = 0; index < backends.length; index += 1) {
      if (backends[index] === backend) return this.#series[index] ?? this.#none;
    }
    return this.#none;
  }

  close(): void {
    for (const series of this.#series) series.holders -= 1;
    this.#none.holders -= 1;
  }
}

/** The numbers of one service, route and backend. Shared by successive configurations. */
class BackendSeries {
  readonly values: SeriesValues;
  readonly service: ServiceKey;
  readonly backend: ServiceKey | "";
  readonly requests: CounterSlot;
  readonly latency: Histogram;
  readonly #families: Families;
  readonly #retries: CounterSlot;
  readonly #succeeded: (CounterSlot | null)[] = new Array(STATUS_COUNT).fill(null);
  readonly #failed: (CounterSlot | null)[] = new Array(STATUS_COUNT).fill(null);
  readonly #latencyDelta: HistogramDelta;
  holders = 0;
  #successCount = 0;
  #reportedRequests: number;
  #reportedSuccesses = 0;
  #reportedRetries: number;

  constructor(
    values: SeriesValues,
    service: ServiceKey,
    backend: ServiceKey | "",
    families: Families,
  ) {
    this.values = values;
    this.service = service;
    this.backend = backend;
    this.#families = families;
    this.requests = families.requests.slot(values);
    this.latency = families.latency.slot(values);
    this.#retries = families.retries.slot(values);
    this.#latencyDelta = new HistogramDelta(this.latency);
    this.#latencyDelta.take();
    this.#reportedRequests = this.requests.value;
    this.#reportedRetries = this.#retries.value;
  }

  record(status: number, failed: boolean, latencyMs: number, attempts: number): void {
    this.requests.add(1);
    this.latency.record(latencyMs);
    if (attempts > 1) this.#retries.add(attempts - 1);
    if (!failed) this.#successCount += 1;
    const slots = failed ? this.#failed : this.#succeeded;
    const index = status < STATUS_COUNT ? status : OTHER_STATUS;
    const slot = slots[index] ?? this.#openStatus(slots, index, failed);
    slot.add(1);
  }

  #openStatus(slots: (CounterSlot | null)[], index: number, failed: boolean): CounterSlot {
    const slot = this.#families.responses.slot([
      ...this.values,
      failed ? "failure" : "success",
      index === OTHER_STATUS ? "other" : String(index),
    ]);
    slots[index] = slot;
    return slot;
  }

  /** What was counted since the last report; undefined when that is nothing. */
  takeRow(): StatRow | undefined {
    const requests = this.requests.value - this.#reportedRequests;
    if (requests === 0) return undefined;
    const successes = this.#successCount - this.#reportedSuccesses;
    const retries = this.#retries.value - this.#reportedRetries;
    this.#reportedRequests += requests;
    this.#reportedSuccesses += successes;
    this.#reportedRetries += retries;
    return {
      direction: this.values[0] === "inbound" ? "inbound" : "outbound",
      service: this.service,
      route: this.values[4],
      backend: this.backend,
      requests,
      successes,
      retries,
      latency: this.#latencyDelta.take(),
    };
  }

  release(): void {
    this.#families.requests.release(this.requests);
    this.#families.latency.release(this.latency);
    this.#families.retries.release(this.#retries);
    for (const slots of [this.#succeeded, this.#failed]) {
      for (const slot of slots) if (slot !== null) this.#families.responses.release(slot);
    }
  }
}

interface Families {
  readonly requests: CounterFamily<SeriesLabels>;
  readonly responses: CounterFamily<typeof RESPONSE_LABELS>;
  readonly latency: HistogramFamily<SeriesLabels>;
  readonly retries: CounterFamily<SeriesLabels>;
}

/** All series of the proxy. */
export class RouteRecorders {
  readonly #families: Families;
  readonly #series = new Map<string, BackendSeries>();

  constructor(metrics: Metrics) {
    this.#families = {
      requests: metrics.counter({
        name: "request_total",
        help: "Requests that were finished, one way or the other.",
        labels: SERIES_LABELS,
        seriesMax: SERIES_MAX,
      }),
      responses: metrics.counter({
        name: "response_total",
        help: "Answers, as the caller saw them after retries.",
        labels: RESPONSE_LABELS,
        seriesMax: SERIES_MAX,
      }),
      latency: metrics.histogram({
        name: "response_latency_seconds",
        help: "From the request's head to the first byte of the answer, retries included.",
        labels: SERIES_LABELS,
        seriesMax: SERIES_MAX,
      }),
      retries: metrics.counter({
        name: "heddle_route_retries_total",
        help: "Tries after the first.",
        labels: SERIES_LABELS,
        seriesMax: SERIES_MAX,
      }),
    };
  }

  /** The recorder of one rule. Whoever opens it closes it when its stack is replaced. */
  open(
    direction: Direction,
    service: ServiceKey,
    rule: Rule,
    backends: readonly BackendStack[],
  ): RouteRecorder {
    const series = backends.map(({ key }) => this.#hold(direction, service, rule.route, key));
    const none = this.#hold(direction, service, rule.route, "");
    return new RouteRecorder(
      backends,
      series,
      none,
      new ResponseClassifier(rule.action.responseClasses),
    );
  }

  /** Rows of what happened since they were taken last. What finds no room comes first next time. */
  takeRows(): StatRow[] {
    const rows: StatRow[] = [];
    for (const [name, series] of [...this.#series]) {
      if (rows.length >= STAT_ROWS_MAX) break;
      const row = series.takeRow();
      if (row === undefined && series.holders > 0) continue;
      this.#series.delete(name);
      if (row === undefined) series.release();
      else {
        rows.push(row);
        this.#series.set(name, series);
      }
    }
    return rows;
  }

  #hold(
    direction: Direction,
    service: ServiceKey,
    route: string,
    backend: ServiceKey | "",
  ): BackendSeries {
    const name = `${direction}\n${service}\n${route}\n${backend}`;
    let series = this.#series.get(name);
    if (series === undefined) {
      const values = labelValues(direction, service, route, backend);
      series = new BackendSeries(values, service, backend, this.#families);
      this.#series.set(name, series);
    }
    series.holders += 1;
    return series;
  }
}

function labelValues(
  direction: Direction,
  service: ServiceKey,
  route: string,
  backend: ServiceKey | "",
): SeriesValues {
  const parsed = parseServiceKey(service);
  const chosen = backend === "" ? undefined : parseServiceKey(backend);
  return [
    direction === INBOUND ? "inbound" : "outbound",
    parsed?.namespace ?? "",
    parsed?.name ?? "",
    parsed === undefined ? "" : String(parsed.port),
    route,
    chosen?.name ?? "",
  ];
}
