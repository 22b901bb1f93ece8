/**
 * One metric and its series. Series are shared: whoever asks for the same labels gets the same
 * slot, so that a counter goes on counting when one configuration hands over to the next. A series
 * that nobody holds any more stays for a while, to be scraped, and is then removed.
 */
import {
  type CellRun,
  type CellStore,
  detachSlot,
  type Slot,
  type SlotKind,
} from "./metric-slots.ts";

/** Series of one family, unless its owner says otherwise. */
export const SERIES_MAX = 1000;

/** Longer label values are cut: they come from names that users choose. */
export const LABEL_CHARS_MAX = 256;

/** A series that nobody holds is shown for so long: several scrapes of the slowest scraper. */
export const RELEASED_KEEP_MS = 10 * 60_000;

/** The value of every label of the series that stands for those beyond the limit. */
export const OVERFLOW_LABEL = "other";

export interface FamilyOptions<L extends readonly string[]> {
  readonly name: string;
  readonly help: string;
  readonly labels?: L;
  readonly seriesMax?: number;
  /** Histograms record milliseconds always; this is the unit that they are shown in. */
  readonly unit?: "s" | "ms";
}

export type LabelValues<L extends readonly string[]> = { readonly [I in keyof L]: string };

export interface Series<S extends Slot> {
  readonly values: readonly string[];
  readonly slot: S;
  /** `direction="outbound",service="web"`; empty without labels. */
  readonly labelText: string;
  holders: number;
  releasedAtMs: number;
}

export class MetricFamily<S extends Slot, L extends readonly string[] = readonly string[]> {
  readonly name: string;
  readonly help: string;
  readonly unit: "s" | "ms";
  readonly type: SlotKind<S>["type"];
  readonly #kind: SlotKind<S>;
  readonly #labels: readonly string[];
  readonly #seriesMax: number;
  readonly #store: CellStore;
  readonly #nowMs: () => number;
  readonly #onOverflow: () => void;
  readonly #byKey = new Map<string, Series<S>>();
  readonly #bySlot = new Map<S, string>();
  #overflow: Series<S> | undefined;

  constructor(
    kind: SlotKind<S>,
    options: FamilyOptions<L>,
    from: { readonly store: CellStore; nowMs(): number; onOverflow(): void },
  ) {
    this.name = options.name;
    this.help = options.help;
    this.unit = options.unit ?? "s";
    this.type = kind.type;
    this.#kind = kind;
    this.#labels = options.labels ?? [];
    this.#seriesMax = options.seriesMax ?? SERIES_MAX;
    this.#store = from.store;
    this.#nowMs = from.nowMs;
    this.#onOverflow = from.onOverflow;
  }

  get seriesCount(): number {
    return this.#byKey.size;
  }

  /**
   * The slot of the series with these label values, in the order of the family's labels. Each call
   * wants one `release` when its caller is done.
   */
  slot(values: LabelValues<L>): S {
    const cut = values.map((value) => value.slice(0, LABEL_CHARS_MAX));
    const key = JSON.stringify(cut);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.holders += 1;
      return known.slot;
    }
    if (this.#byKey.size >= this.#seriesMax && !this.#removeLongestReleased()) {
      this.#onOverflow();
      this.#overflow ??= this.#createSeries(this.#labels.map(() => OVERFLOW_LABEL));
      return this.#overflow.slot;
    }
    const series = this.#createSeries(cut);
    this.#byKey.set(key, series);
    this.#bySlot.set(series.slot, key);
    return series.slot;
  }

  /** Says that one caller of `slot` is done. What it counted stays, for a while at least. */
  release(slot: S): void {
    const key = this.#bySlot.get(slot);
    const series = key === undefined ? undefined : this.#byKey.get(key);
    if (series === undefined || series.holders === 0) return;
    series.holders -= 1;
    if (series.holders === 0) series.releasedAtMs = this.#nowMs();
  }

  /** Removes what was released long ago. */
  sweep(): void {
    const before = this.#nowMs() - RELEASED_KEEP_MS;
    for (const [key, series] of this.#byKey) {
      if (series.holders === 0 && series.releasedAtMs < before) this.#remove(key, series);
    }
  }

  /** A copy, because the series may change while a scrape goes through them. */
  listSeries(): readonly Series<S>[] {
    const all = [...this.#byKey.values()];
    if (this.#overflow !== undefined) all.push(this.#overflow);
    return all;
  }

  #createSeries(values: readonly string[]): Series<S> {
    const slot = this.#kind.create(this.#store.take(this.#kind.size));
    const labelText = formatLabels(this.#labels, values);
    return { values, slot, labelText, holders: 1, releasedAtMs: 0 };
  }

  #removeLongestReleased(): boolean {
    let oldest: [string, Series<S>] | undefined;
    for (const entry of this.#byKey) {
      if (entry[1].holders > 0) continue;
      if (oldest === undefined || entry[1].releasedAtMs < oldest[1].releasedAtMs) oldest = entry;
    }
    if (oldest === undefined) return false;
    this.#remove(...oldest);
    return true;
  }

  #remove(key: string, series: Series<S>): void {
    this.#byKey.delete(key);
    this.#bySlot.delete(series.slot);
    const run: CellRun = detachSlot(series.slot);
    this.#store.give(run, this.#kind.size);
  }
}

/** Label values may hold anything; backslash, quote and line break are escaped. */
export function formatLabels(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escapeLabel(values[index] ?? "")}"`).join(",");
}

function escapeLabel(value: string): string {
  return value
    .toWellFormed()
    .replace(/[\\"\n]/g, (found) => (found === "\n" ? "\\n" : `\\${found}`));
}
