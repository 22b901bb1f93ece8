/**
 * The order in which backends are picked. Two ways, by how many have weight:
 *
 * Two are dealt like the pixels of a sloping line (Bresenham): any run of picks, of whatever
 * length, is within one of both shares.
 *
 * For three and more no order has that for every length. So the order goes in blocks of 100: a
 * backend with 33.4 % has 33 fixed places in each block, and competes for the places left over
 * by the fractions ("columns"), getting one in 4 blocks of 10. A column keeps its backend from one
 * block to the next as long as that backend is due; another moves in only when it leaves. So
 * no 100 picks in a row hold a backend in two columns, and each count is the share rounded up or
 * down. Whose turn it is follows from a phase that walks evenly round a circle on which each
 * fraction owns an arc: all in whole numbers, so that nothing drifts however long it runs.
 */
import type { Random } from "../base/random.ts";

const BLOCK = 100;
const GOLDEN = 0.618_033_988_749_895;

export class SplitSchedule {
  readonly #backendCount: number;
  #mode: typeof FIXED | typeof TWO | typeof BLOCKS = FIXED;

  // FIXED: always `#first`. TWO: `#first` takes `#firstWeight` picks of `#total`.
  #first = -1;
  #second = -1;
  #firstWeight = 0;
  #total = 0;
  #phase = 0;

  // BLOCKS: what stands at each place: a backend, or -1 - column.
  readonly #places = new Int32Array(BLOCK);
  #place = 0;
  #stride = 0;
  #columnCount = 0;
  readonly #columns: Int32Array;
  /** What of 100 times the weight does not divide by the total: the arc on the circle. */
  readonly #fractions: Float64Array;
  readonly #due: Uint8Array;
  readonly #whole: Int32Array;
  readonly #credit: Float64Array;

  constructor(backendCount: number) {
    this.#backendCount = backendCount;
    this.#columns = new Int32Array(backendCount);
    this.#fractions = new Float64Array(backendCount);
    this.#due = new Uint8Array(backendCount);
    this.#whole = new Int32Array(backendCount + 1);
    this.#credit = new Float64Array(backendCount + 1);
  }

  /** Starts anew, at a random place, with the weights whose mask is 1. Allocates nothing. */
  plan(weights: readonly number[], mask: Uint8Array, random: Random): void {
    let count = 0;
    this.#total = 0;
    this.#first = -1;
    this.#second = -1;
    for (let index = 0; index < this.#backendCount; index += 1) {
      const weight = mask[index] === 1 ? weights[index]! : 0;
      if (weight === 0) continue;
      count += 1;
      this.#total += weight;
      if (count === 1) this.#first = index;
      if (count === 2) this.#second = index;
    }
    this.#mode = count < 2 ? FIXED : count === 2 ? TWO : BLOCKS;
    this.#phase = Math.floor(random.nextFloat() * this.#total);
    if (this.#mode === TWO) this.#firstWeight = weights[this.#first]!;
    if (this.#mode === BLOCKS) this.#planBlocks(weights, mask, random);
  }

  /** Index of the next backend; -1 when none has weight. */
  next(): number {
    if (this.#mode === FIXED) return this.#first;
    if (this.#mode === TWO) {
      this.#phase += this.#firstWeight;
      if (this.#phase < this.#total) return this.#second;
      this.#phase -= this.#total;
      return this.#first;
    }
    const place = this.#places[this.#place]!;
    const backend = place >= 0 ? place : this.#columns[-1 - place]!;
    this.#place += 1;
    if (this.#place === BLOCK) {
      this.#place = 0;
      this.#fillColumns();
    }
    return backend;
  }

  #planBlocks(weights: readonly number[], mask: Uint8Array, random: Random): void {
    const total = this.#total;
    let wholes = 0;
    for (let index = 0; index < this.#backendCount; index += 1) {
      const share = mask[index] === 1 ? weights[index]! * BLOCK : 0;
      this.#whole[index] = Math.floor(share / total);
      this.#fractions[index] = share % total;
      wholes += this.#whole[index]!;
    }
    this.#columnCount = BLOCK - wholes;
    this.#whole[this.#backendCount] = this.#columnCount;
    this.#layOut();
    this.#stride = Math.max(1, Math.floor(total * GOLDEN));
    while (greatestDivisor(this.#stride, total) !== 1) this.#stride += 1;
    this.#place = Math.floor(random.nextFloat() * BLOCK);
    this.#columns.fill(-1);
    this.#fillColumns();
  }

  /** Spreads the fixed places and the columns over the block: smooth weighted round robin. */
  #layOut(): void {
    const whole = this.#whole;
    const credit = this.#credit.fill(0);
    let column = 0;
    for (let place = 0; place < BLOCK; place += 1) {
      let best = 0;
      for (let index = 0; index <= this.#backendCount; index += 1) {
        credit[index] = credit[index]! + whole[index]!;
        if (credit[index]! > credit[best]!) best = index;
      }
      credit[best] = credit[best]! - BLOCK;
      this.#places[place] = best;
      if (best !== this.#backendCount) continue;
      this.#places[place] = -1 - column;
      column += 1;
    }
  }

  /** Says who has the columns in the next block. Who stays keeps its column. */
  #fillColumns(): void {
    if (this.#columnCount === 0) return;
    this.#phase = (this.#phase + this.#stride) % this.#total;
    const due = this.#due;
    let edge = this.#phase;
    for (let index = 0; index < this.#backendCount; index += 1) {
      const next = edge + this.#fractions[index]!;
      due[index] = Math.floor(next / this.#total) > Math.floor(edge / this.#total) ? 1 : 0;
      edge = next;
    }
    for (let column = 0; column < this.#columnCount; column += 1) {
      const holder = this.#columns[column]!;
      if (holder >= 0 && due[holder] === 1) due[holder] = 0;
      else this.#columns[column] = -1;
    }
    let column = 0;
    for (let index = 0; index < this.#backendCount; index += 1) {
      if (due[index] === 0) continue;
      while (this.#columns[column] !== -1) column += 1;
      this.#columns[column] = index;
    }
  }
}

const FIXED = 0;
const TWO = 1;
const BLOCKS = 2;

function greatestDivisor(one: number, other: number): number {
  let a = one;
  let b = other;
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
