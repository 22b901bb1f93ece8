/**
 * The metrics of one process: families that their owners declare, and the text that Prometheus
 * scrapes. Nothing is global and nothing registers itself at import.
 */
import type { Clock } from "./clock.ts";
import type { Histogram } from "./histogram.ts";
import { type FamilyOptions, formatLabels, MetricFamily } from "./metric-family.ts";
import {
  CellStore,
  COUNTER,
  type CounterSlot,
  GAUGE,
  type GaugeSlot,
  HISTOGRAM,
  isDetached,
  type Slot,
  type SlotKind,
} from "./metric-slots.ts";
import { formatHeader, formatSample, formatSeries } from "./metric-text.ts";

/** A chunk of exposition is yielded when it has grown to this: well under 1 ms of work. */
const CHUNK_CHARS = 16_384;

export type CounterFamily<L extends readonly string[]> = MetricFamily<CounterSlot, L>;
export type GaugeFamily<L extends readonly string[]> = MetricFamily<GaugeSlot, L>;
export type HistogramFamily<L extends readonly string[]> = MetricFamily<Histogram, L>;

/** A metric whose values are read when somebody asks. */
export interface ObservedOptions {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly labels?: readonly string[];
  /** Called at every scrape; must be quick, and emit each combination of labels once. */
  readonly read: (emit: (value: number, ...labelValues: string[]) => void) => void;
}

type AnyFamily =
  | MetricFamily<CounterSlot, readonly string[]>
  | MetricFamily<Histogram, readonly string[]>;

export class Metrics {
  readonly #clock: Clock;
  readonly #store: CellStore;
  readonly #names = new Set<string>();
  readonly #families: AnyFamily[] = [];
  readonly #observed: ObservedOptions[] = [];
  readonly #overflowed: CounterFamily<readonly ["family"]>;

  constructor(options: { readonly clock: Clock; readonly store?: CellStore }) {
    this.#clock = options.clock;
    this.#store = options.store ?? new CellStore();
    this.#overflowed = this.counter({
      name: "heddle_metrics_series_overflow_total",
      help: "Series that were asked for beyond a family's limit and counted as other.",
      labels: ["family"],
    });
  }

  counter<const L extends readonly string[] = readonly []>(
    options: FamilyOptions<L>,
  ): CounterFamily<L> {
    return this.#declare(COUNTER, options);
  }

  gauge<const L extends readonly string[] = readonly []>(
    options: FamilyOptions<L>,
  ): GaugeFamily<L> {
    return this.#declare(GAUGE, options);
  }

  /** Records milliseconds; shown in seconds unless `unit` says otherwise. */
  histogram<const L extends readonly string[] = readonly []>(
    options: FamilyOptions<L>,
  ): HistogramFamily<L> {
    return this.#declare(HISTOGRAM, options);
  }

  observe(options: ObservedOptions): void {
    this.#claim(options.name, options.labels ?? []);
    this.#observed.push(options);
  }

  /**
   * The text format 0.0.4, in chunks that each take well under a millisecond. Whoever writes them
   * out gives the loop a turn between two. Each series is consistent in itself.
   */
  *expose(): Generator<string, void, void> {
    let text = "";
    for (const family of this.#families) {
      family.sweep();
      const all = family.listSeries();
      if (all.length > 0) text += formatHeader(family);
      for (const series of all) {
        // It may have been removed while the chunk before was written out.
        if (isDetached(series.slot)) continue;
        text += formatSeries(family, series);
        if (text.length < CHUNK_CHARS) continue;
        yield text;
        text = "";
      }
    }
    for (const observed of this.#observed) {
      text += formatHeader(observed);
      const names = observed.labels ?? [];
      observed.read((value, ...labelValues) => {
        text += formatSample(observed.name, formatLabels(names, labelValues), value);
      });
      if (text.length < CHUNK_CHARS) continue;
      yield text;
      text = "";
    }
    if (text !== "") yield text;
  }

  #declare<S extends Slot, L extends readonly string[]>(
    kind: SlotKind<S>,
    options: FamilyOptions<L>,
  ): MetricFamily<S, L> {
    this.#claim(options.name, options.labels ?? []);
    const family = new MetricFamily(kind, options, {
      store: this.#store,
      nowMs: () => this.#clock.nowMs(),
      onOverflow: () => this.#overflowed.slot([options.name]).add(1),
    });
    // Exposition only reads: what labels a family takes does not matter to it.
    this.#families.push(family as unknown as AnyFamily);
    return family;
  }

  /** Names are ours, so a wrong one is a defect. */
  #claim(name: string, labels: readonly string[]): void {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`${name} is no name for a metric`);
    for (const label of labels) {
      if (!/^[a-z][a-z0-9_]*$/.test(label)) throw new Error(`${label} is no name for a label`);
    }
    if (this.#names.has(name)) throw new Error(`the metric ${name} is declared twice`);
    this.#names.add(name);
  }
}
