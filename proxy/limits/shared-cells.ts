/**
 * A bounded table in memory that all workers see: each cell belongs to one key, for as long as any
 * worker claims it. A cell is some numbers and a lock. Where a key may stand is decided by its
 * hash, so that workers find the same cell without a word; where all those places are taken, there
 * is no cell, and each worker counts for itself.
 */
import { CellLock } from "./cell-lock.ts";
import type { HashedKey } from "./hashed-key.ts";

/** Places that one key may have. */
const WAYS = 8;

/** Words of the table's own, for each cell: whose it is, how many claim it, its lock. */
const LOW = 0;
const HIGH = 1;
const CLAIMS = 2;
const LOCK = 3;
const WORDS_PER_CELL = 4;
/** One lock for all claims, which are rare. It has a place for itself, to keep others apart. */
const HEAD_WORDS = 16;

export interface SharedCell {
  readonly numbers: Float64Array<SharedArrayBuffer>;
  readonly lock: CellLock;
  /** This worker is done with it. Once. */
  release(): void;
}

export class SharedCells {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  readonly #numbersPerCell: number;
  readonly #bucketCount: number;
  readonly #claimLock: CellLock;

  /** `buffer`: as many bytes as `bytesFor` says, of zeros when the first worker comes. */
  constructor(buffer: SharedArrayBuffer, at: number, cellCount: number, numbersPerCell: number) {
    const wordCount = HEAD_WORDS + cellCount * WORDS_PER_CELL;
    this.#words = new Int32Array(buffer, at, wordCount);
    const numbersAt = at + wordCount * Int32Array.BYTES_PER_ELEMENT;
    this.#numbers = new Float64Array(buffer, numbersAt, cellCount * numbersPerCell);
    this.#numbersPerCell = numbersPerCell;
    this.#bucketCount = cellCount / WAYS;
    this.#claimLock = new CellLock(this.#words, 0);
  }

  /** `cellCount` is a multiple of 8. */
  static bytesFor(cellCount: number, numbersPerCell: number): number {
    const words = HEAD_WORDS + cellCount * WORDS_PER_CELL;
    return words * Int32Array.BYTES_PER_ELEMENT + cellCount * numbersPerCell * 8;
  }

  /** The key's cell, of zeros for the first that claims it; null where there is no room for it. */
  claim(key: HashedKey): SharedCell | null {
    this.#claimLock.take();
    const cell = this.#find(key);
    if (cell >= 0) this.#word(cell, CLAIMS, 1);
    this.#claimLock.give();
    return cell < 0 ? null : this.#cell(cell);
  }

  #find({ low, high }: HashedKey): number {
    const first = ((low >>> 0) % this.#bucketCount) * WAYS;
    let free = -1;
    for (let cell = first; cell < first + WAYS; cell += 1) {
      if (this.#word(cell, CLAIMS) === 0) {
        if (free < 0) free = cell;
      } else if (this.#word(cell, LOW) === low && this.#word(cell, HIGH) === high) return cell;
    }
    if (free < 0) return -1;
    const at = HEAD_WORDS + free * WORDS_PER_CELL;
    this.#words[at + LOW] = low;
    this.#words[at + HIGH] = high;
    const size = this.#numbersPerCell;
    this.#numbers.fill(0, free * size, (free + 1) * size);
    return free;
  }

  #cell(cell: number): SharedCell {
    const size = this.#numbersPerCell;
    return {
      numbers: this.#numbers.subarray(cell * size, (cell + 1) * size),
      lock: new CellLock(this.#words, HEAD_WORDS + cell * WORDS_PER_CELL + LOCK),
      release: () => {
        this.#claimLock.take();
        this.#word(cell, CLAIMS, -1);
        this.#claimLock.give();
      },
    };
  }

  /** Reads a word of a cell, after adding to it. Under the claims' lock. */
  #word(cell: number, which: number, added = 0): number {
    const at = HEAD_WORDS + cell * WORDS_PER_CELL + which;
    const value = (this.#words[at] as number) + added;
    if (added !== 0) this.#words[at] = value;
    return value;
  }
}
