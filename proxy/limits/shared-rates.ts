/**
 * The cells of rate limits where workers count together: when the next request of a key is due. As
 * in `RateLimiter`, a key whose time has come is the same as one that was never seen; where all
 * places of a key are taken, the one that waits least gives way.
 */
import { CellLock } from "./cell-lock.ts";
import type { HashedKey } from "./hashed-key.ts";

/** Places that one key may have: they stand together, under one lock. */
const WAYS = 8;
/** Words before the keys of a bucket; one is its lock. */
const HEAD_WORDS = 2;
const WORDS_PER_BUCKET = HEAD_WORDS + 2 * WAYS;

export class SharedRates {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #dueMs: Float64Array<SharedArrayBuffer>;
  readonly #locks: readonly CellLock[];
  readonly #bucketCount: number;

  /** `cellCount` is a multiple of 8. The memory is of zeros when the first worker comes. */
  constructor(buffer: SharedArrayBuffer, at: number, cellCount: number) {
    this.#bucketCount = cellCount / WAYS;
    const wordCount = this.#bucketCount * WORDS_PER_BUCKET;
    this.#words = new Int32Array(buffer, at, wordCount);
    const dueAt = at + wordCount * Int32Array.BYTES_PER_ELEMENT;
    this.#dueMs = new Float64Array(buffer, dueAt, cellCount);
    this.#locks = Array.from(
      { length: this.#bucketCount },
      (_, bucket) => new CellLock(this.#words, bucket * WORDS_PER_BUCKET),
    );
  }

  static bytesFor(cellCount: number): number {
    const words = (cellCount / WAYS) * WORDS_PER_BUCKET;
    return words * Int32Array.BYTES_PER_ELEMENT + cellCount * 8;
  }

  /** 0: let it through, and it is counted. Above: how many milliseconds too early it came. */
  take({ low, high }: HashedKey, nowMs: number, intervalMs: number, burstMs: number): number {
    const bucket = (low >>> 0) % this.#bucketCount;
    const lock = this.#locks[bucket] as CellLock;
    lock.take();
    const cell = this.#find(bucket, low, high, nowMs);
    const dueMs = this.#dueMs[cell] as number;
    const earlyMs = Math.max(0, dueMs - burstMs - nowMs);
    if (earlyMs === 0) this.#dueMs[cell] = Math.max(dueMs, nowMs) + intervalMs;
    lock.give();
    return earlyMs;
  }

  #find(bucket: number, low: number, high: number, nowMs: number): number {
    const keysAt = bucket * WORDS_PER_BUCKET + HEAD_WORDS;
    const first = bucket * WAYS;
    let least = 0;
    for (let way = 0; way < WAYS; way += 1) {
      const at = keysAt + 2 * way;
      if (this.#words[at] === low && this.#words[at + 1] === high) return first + way;
      const dueMs = this.#dueMs[first + way] as number;
      if (dueMs < (this.#dueMs[first + least] as number)) least = way;
    }
    this.#words[keysAt + 2 * least] = low;
    this.#words[keysAt + 2 * least + 1] = high;
    this.#dueMs[first + least] = nowMs;
    return first + least;
  }
}
