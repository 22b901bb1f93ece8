/**
 * Latencies as counts in log-linear buckets: below 62.5 µs eight equal steps, then eight equal
 * steps for every doubling, up to 17 minutes. A quantile is right to within 6 %, recording costs a
 * few integer operations and no memory, and histograms of many proxies and intervals add up.
 *
 *     bucket   0 ..   7    steps of 7.8 µs      0 .. 62.5 µs
 *     bucket   8 ..  15    steps of 7.8 µs   62.5 .. 125 µs
 *     bucket  16 ..  23    steps of 15.6 µs   125 .. 250 µs
 *     ...
 *     bucket 192 .. 199    steps of 65 s      8.7 .. 17.5 min
 *     bucket 200           everything longer
 */

/** Units of the first step in a millisecond. A power of two keeps whole bounds exact. */
const UNITS_PER_MS = 128;
const OVERFLOW_UNITS = 2 ** 27;
const STEP_BITS = 3;
const STEPS = 1 << STEP_BITS;

export const BUCKET_COUNT = 201;
const OVERFLOW = BUCKET_COUNT - 1;
/** Numbers that one histogram keeps: its buckets, then the sum of what was recorded. */
export const HISTOGRAM_CELLS = BUCKET_COUNT + 1;

/** Every bucket has its bounds, so a list of all of them is the longest that means anything. */
export const SPARSE_LENGTH_MAX = BUCKET_COUNT * 2;

/** Counts beyond this no longer add exactly, and no honest proxy has them. */
const COUNT_MAX = Number.MAX_SAFE_INTEGER;

export class Histogram {
  /** May be a part of a larger array, so that many histograms share one. */
  cells: Float64Array;
  offset: number;

  constructor(cells: Float64Array = new Float64Array(HISTOGRAM_CELLS), offset = 0) {
    this.cells = cells;
    this.offset = offset;
  }

  /** Counts one value. What is below zero or no number counts as zero. */
  record(valueMs: number): void {
    const cells = this.cells;
    const offset = this.offset;
    const bucket = offset + bucketOf(valueMs);
    cells[bucket] = (cells[bucket] as number) + 1;
    const sum = offset + BUCKET_COUNT;
    if (valueMs > 0) cells[sum] = (cells[sum] as number) + valueMs;
  }

  get count(): number {
    let count = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) count += this.countAt(bucket);
    return count;
  }

  get sumMs(): number {
    return this.cells[this.offset + BUCKET_COUNT] as number;
  }

  countAt(bucket: number): number {
    return this.cells[this.offset + bucket] as number;
  }

  /**
   * The value that a share `quantile` (0 to 1) of what was recorded does not exceed, taken to lie
   * evenly within its bucket. Undefined when nothing was recorded.
   */
  quantileMs(quantile: number): number | undefined {
    const count = this.count;
    if (count === 0) return undefined;
    const rank = Math.min(Math.max(quantile, 0), 1) * count;
    let below = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      const here = this.countAt(bucket);
      if (here > 0 && below + here >= rank) {
        const lowMs = lowerBoundMs(bucket);
        const highMs = Math.min(lowerBoundMs(bucket + 1), lowerBoundMs(OVERFLOW));
        return lowMs + (highMs - lowMs) * Math.max(0, (rank - below) / here);
      }
      below += here;
    }
    return lowerBoundMs(OVERFLOW);
  }

  merge(other: Histogram): void {
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) {
      const mine = this.offset + cell;
      this.cells[mine] =
        (this.cells[mine] as number) + (other.cells[other.offset + cell] as number);
    }
  }

  reset(): void {
    this.cells.fill(0, this.offset, this.offset + HISTOGRAM_CELLS);
  }

  /** `[bucket, count, bucket, count …]`, buckets rising, empty ones left out. */
  toSparse(): number[] {
    const sparse: number[] = [];
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      const count = this.countAt(bucket);
      if (count > 0) sparse.push(bucket, count);
    }
    return sparse;
  }

  /**
   * Adds what `toSparse` wrote, in another process perhaps. Nothing is added and false is returned
   * when the list is not such a list. The sum is taken from the middles of the buckets.
   */
  mergeSparse(sparse: readonly number[]): boolean {
    if (!isSparse(sparse)) return false;
    const sum = this.offset + BUCKET_COUNT;
    for (let index = 0; index < sparse.length; index += 2) {
      const bucket = sparse[index] as number;
      const count = sparse[index + 1] as number;
      const cell = this.offset + bucket;
      this.cells[cell] = (this.cells[cell] as number) + count;
      this.cells[sum] = (this.cells[sum] as number) + middleMs(bucket) * count;
    }
    return true;
  }
}

/** Takes from a histogram that only grows what was recorded since it was asked last. */
export class HistogramDelta {
  readonly #histogram: Histogram;
  readonly #seen = new Float64Array(BUCKET_COUNT);

  constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  /** As `Histogram.toSparse` writes it. */
  take(): number[] {
    const sparse: number[] = [];
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      const count = this.#histogram.countAt(bucket);
      const added = count - (this.#seen[bucket] as number);
      if (added > 0) sparse.push(bucket, added);
      this.#seen[bucket] = count;
    }
    return sparse;
  }
}

export function bucketOf(valueMs: number): number {
  // The comparison is false for what is no number, which then counts as zero.
  if (valueMs * UNITS_PER_MS >= OVERFLOW_UNITS) return OVERFLOW;
  const units = valueMs > 0 ? (valueMs * UNITS_PER_MS) | 0 : 0;
  if (units < STEPS) return units;
  const shift = 31 - Math.clz32(units) - STEP_BITS;
  return ((shift + 1) << STEP_BITS) + ((units >>> shift) & (STEPS - 1));
}

/** The least value that counts in `bucket`; the bucket before it ends there. */
export function lowerBoundMs(bucket: number): number {
  if (bucket > OVERFLOW) return Number.POSITIVE_INFINITY;
  if (bucket < STEPS) return bucket / UNITS_PER_MS;
  const shift = (bucket >> STEP_BITS) - 1;
  return ((STEPS + (bucket & (STEPS - 1))) * 2 ** shift) / UNITS_PER_MS;
}

function middleMs(bucket: number): number {
  if (bucket >= OVERFLOW) return lowerBoundMs(OVERFLOW);
  return (lowerBoundMs(bucket) + lowerBoundMs(bucket + 1)) / 2;
}

function isSparse(sparse: readonly number[]): boolean {
  if (sparse.length % 2 !== 0 || sparse.length > SPARSE_LENGTH_MAX) return false;
  let last = -1;
  for (let index = 0; index < sparse.length; index += 2) {
    const bucket = sparse[index] as number;
    const count = sparse[index + 1] as number;
    if (!Number.isInteger(bucket) || bucket <= last || bucket >= BUCKET_COUNT) return false;
    if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX) return false;
    last = bucket;
  }
  return true;
}
