/**
 * The traffic of the last minutes, added up over all proxies: what `heddle stat` shows where no
 * Prometheus is at hand. Kept as a ring of short slots, each the sum of the reports that arrived
 * in it, so that memory follows the number of routes and never the number of proxies.
 */
import type { Clock } from "../../base/clock.ts";
import { Histogram } from "../../base/histogram.ts";
import type { StatEntry } from "../../mesh/operator-api.ts";
import { isServiceKey } from "../../mesh/service-key.ts";
import type { StatReport, StatRow } from "../../mesh/stat-report.ts";
import type { SessionInfo } from "../publish/resources.ts";
import { addSparse } from "./add-sparse.ts";
import type { StatSink } from "./stat-sink.ts";

const SLOT_MS = 10_000;
const SLOTS = 60;

/** The longest time that can be asked for. */
export const STAT_WINDOW_MAX_MS = SLOT_MS * (SLOTS - 1);

/** Rows of one slot; further ones go to a row named `other`. */
export const STAT_SLOT_ROWS_MAX = 2_000;

/** Proxies report more often than this: a gap is no traffic, and not a report on its way. */
const REPORT_GAP_MS = 15_000;

/** A report that claims to cover more is taken to cover this. */
const REPORT_WINDOW_MAX_MS = 30_000;

/** What rows are told apart by. */
export type StatGrouping = "service" | "route" | "backend";

export interface StatSums {
  /** The time that the rows really cover: less than was asked for while there is less. */
  readonly windowMs: number;
  readonly rows: readonly StatEntry[];
}

interface Sum {
  readonly direction: StatRow["direction"];
  readonly service: string;
  readonly route: string;
  readonly backend: string;
  requests: number;
  successes: number;
  retries: number;
  latency: readonly number[];
}

interface Slot {
  readonly startMs: number;
  /** Reports speak about the time before they came: the earliest that this slot knows of. */
  coversFromMs: number;
  readonly sums: Map<string, Sum>;
}

export class StatStore implements StatSink {
  readonly #clock: Clock;
  /** Oldest first, at most `SLOTS`. */
  #slots: Slot[] = [];
  #lastMs = 0;

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
  }

  reported(_session: SessionInfo, report: StatReport): void {
    const nowMs = this.#clock.nowMs();
    this.#lastMs = nowMs;
    const slot = this.#slotAt(nowMs);
    const coveredMs = Math.min(Math.max(report.windowMs, 0), REPORT_WINDOW_MAX_MS);
    slot.coversFromMs = Math.min(slot.coversFromMs, nowMs - coveredMs);
    for (const row of report.rows) add(slot.sums, row);
  }

  /** The last `windowMs`, busiest rows first. */
  query(windowMs: number, grouping: StatGrouping): StatSums {
    const nowMs = this.#clock.nowMs();
    const endMs = nowMs - this.#lastMs < REPORT_GAP_MS ? this.#lastMs : nowMs;
    const fromMs = endMs - Math.min(Math.max(windowMs, SLOT_MS), STAT_WINDOW_MAX_MS);
    const slots = this.#slots.filter(({ startMs }) => startMs + SLOT_MS > fromMs);
    const coveredMs = Math.max(1, endMs - (slots[0]?.coversFromMs ?? fromMs));
    const sums = new Map<string, Sum>();
    for (const slot of slots) {
      for (const sum of slot.sums.values()) {
        add(sums, {
          ...sum,
          route: grouping === "service" ? "" : sum.route,
          backend: grouping === "backend" ? sum.backend : "",
        });
      }
    }
    const rows = [...sums.values()].map((sum) => toEntry(sum, coveredMs));
    return { windowMs: Math.round(coveredMs), rows: rows.sort(compareEntries) };
  }

  #slotAt(nowMs: number): Slot {
    const startMs = Math.floor(nowMs / SLOT_MS) * SLOT_MS;
    const last = this.#slots.at(-1);
    if (last?.startMs === startMs) return last;
    const slot: Slot = { startMs, coversFromMs: nowMs, sums: new Map() };
    this.#slots = [...this.#slots, slot].filter((one) => one.startMs > startMs - SLOT_MS * SLOTS);
    return slot;
  }
}

function add(sums: Map<string, Sum>, row: StatRow): void {
  let key = `${row.direction} ${row.service} ${row.backend} ${row.route}`;
  let named = row;
  if (!sums.has(key) && sums.size >= STAT_SLOT_ROWS_MAX) {
    named = { ...row, service: "other", route: "", backend: "" };
    key = `${row.direction} other`;
  }
  let sum = sums.get(key);
  if (sum === undefined) {
    const { direction, service, route, backend } = named;
    sum = {
      direction,
      service,
      route,
      backend,
      requests: 0,
      successes: 0,
      retries: 0,
      latency: [],
    };
    sums.set(key, sum);
  }
  sum.requests += row.requests;
  sum.successes += row.successes;
  sum.retries += row.retries;
  sum.latency = addSparse(sum.latency, row.latency);
}

function toEntry(sum: Sum, windowMs: number): StatEntry {
  const { direction, service, route, backend, requests, successes, retries } = sum;
  const histogram = new Histogram();
  histogram.mergeSparse(sum.latency);
  const quantile = (share: number): number | null => histogram.quantileMs(share) ?? null;
  return {
    direction,
    service: isServiceKey(service) ? service : "other",
    route,
    backend: isServiceKey(backend) ? backend : "",
    requests,
    successes,
    retries,
    rps: requests / (windowMs / 1000),
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    latency: sum.latency,
  };
}

function compareEntries(a: StatEntry, b: StatEntry): number {
  return b.requests - a.requests || (entryKey(a) < entryKey(b) ? -1 : 1);
}

function entryKey({ direction, service, route, backend }: StatEntry): string {
  return `${direction} ${service} ${route} ${backend}`;
}
