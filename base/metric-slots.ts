/**
 * Where metrics are written. A slot is looked up once, when layers are composed; from then on a
 * request adds to a number in an array. The arrays come in chunks that are never moved, and may one
 * day be memory that several workers share.
 */
import { HISTOGRAM_CELLS, Histogram } from "./histogram.ts";

const CHUNK_CELLS = 1024;

/** Late writes of those who kept a slot after its series was removed go here, and nowhere else. */
const SCRAP = new Float64Array(HISTOGRAM_CELLS);

/** What was given out for one series, to be given back when the series goes. */
export interface CellRun {
  readonly cells: Float64Array;
  readonly offset: number;
}

/** Hands out runs of cells, all zero, and takes them back. */
export class CellStore {
  readonly #allocate: (cellCount: number) => Float64Array;
  #chunk: Float64Array;
  #used = 0;
  readonly #free = new Map<number, CellRun[]>();

  constructor(allocate = (cellCount: number): Float64Array => new Float64Array(cellCount)) {
    this.#allocate = allocate;
    this.#chunk = allocate(CHUNK_CELLS);
  }

  take(size: number): CellRun {
    const freed = this.#free.get(size)?.pop();
    if (freed !== undefined) return freed;
    if (this.#used + size > this.#chunk.length) {
      this.#chunk = this.#allocate(Math.max(CHUNK_CELLS, size));
      this.#used = 0;
    }
    const run = { cells: this.#chunk, offset: this.#used };
    this.#used += size;
    return run;
  }

  give(run: CellRun, size: number): void {
    run.cells.fill(0, run.offset, run.offset + size);
    const runs = this.#free.get(size) ?? [];
    runs.push(run);
    this.#free.set(size, runs);
  }
}

/** One series of a counter. */
export class CounterSlot {
  cells: Float64Array;
  offset: number;

  constructor(run: CellRun) {
    this.cells = run.cells;
    this.offset = run.offset;
  }

  /** A counter never goes down: `amount` must not be negative. */
  add(amount: number): void {
    const offset = this.offset;
    this.cells[offset] = (this.cells[offset] as number) + amount;
  }

  get value(): number {
    return this.cells[this.offset] as number;
  }
}

/** One series of a gauge. */
export class GaugeSlot extends CounterSlot {
  set(value: number): void {
    this.cells[this.offset] = value;
  }
}

export type Slot = CounterSlot | GaugeSlot | Histogram;

/** How one kind of family makes its slots. */
export interface SlotKind<S extends Slot> {
  readonly type: "counter" | "gauge" | "histogram";
  readonly size: number;
  readonly create: (run: CellRun) => S;
}

export const COUNTER: SlotKind<CounterSlot> = {
  type: "counter",
  size: 1,
  create: (run) => new CounterSlot(run),
};

export const GAUGE: SlotKind<GaugeSlot> = {
  type: "gauge",
  size: 1,
  create: (run) => new GaugeSlot(run),
};

export const HISTOGRAM: SlotKind<Histogram> = {
  type: "histogram",
  size: HISTOGRAM_CELLS,
  create: (run) => new Histogram(run.cells, run.offset),
};

/** Cuts a slot off from its cells, which may then serve another series. */
export function detachSlot(slot: Slot): CellRun {
  const run = { cells: slot.cells, offset: slot.offset };
  slot.cells = SCRAP;
  slot.offset = 0;
  return run;
}

/** Whether the series of this slot was removed. */
export function isDetached(slot: Slot): boolean {
  return slot.cells === SCRAP;
}
