/**
 * A limit on concurrency over all workers. Each writes how many places it has and whether somebody
 * waits there, and sees the others'. A worker that has its share leaves what is free to those who
 * wait elsewhere: otherwise one with many callers would keep every place that it frees, and callers
 * of the others would wait in vain.
 *
 * Nobody tells a worker that a place was freed elsewhere: who waits looks every `PLACES_POLL_MS`.
 */
import type { ConcurrencyLimit, LoadOutcome } from "./concurrency-limit.ts";
import type { SharedCell } from "./shared-cells.ts";

/** The longest that a place is free while somebody waits for it at another worker. */
export const PLACES_POLL_MS = 8;

/** Numbers that each worker has in the cell: places taken; 1 while somebody waits. */
const TAKEN = 0;
const WAITS = 1;
const NUMBERS_PER_WORKER = 2;

/** How many numbers a cell has. */
export function placesLength(workerCount: number): number {
  return workerCount * NUMBERS_PER_WORKER;
}

export class SharedPlaces implements ConcurrencyLimit {
  limit: number;
  readonly pollMs = PLACES_POLL_MS;
  readonly sharedBy: number;
  /** Null once it has been let go of: then this worker counts by itself, up to its share. */
  #cell: SharedCell | null;
  readonly #own: number;
  #inFlight = 0;
  #isRetired = false;

  constructor(limit: number, cell: SharedCell, workerIndex: number, workerCount: number) {
    this.limit = limit;
    this.sharedBy = workerCount;
    this.#cell = cell;
    this.#own = workerIndex * NUMBERS_PER_WORKER;
  }

  /** Of this worker. */
  get inFlight(): number {
    return this.#inFlight;
  }

  tryAcquire(): boolean {
    const cell = this.#cell;
    if (cell === null) {
      if (this.#inFlight >= this.#share) return false;
      this.#inFlight += 1;
      return true;
    }
    cell.lock.take();
    const isTaken = this.#hasRoom(cell);
    if (isTaken) {
      this.#inFlight += 1;
      cell.numbers[this.#own + TAKEN] = this.#inFlight;
    }
    cell.lock.give();
    return isTaken;
  }

  release(_nowMs: number, _rttMs: number, _outcome: LoadOutcome): void {
    this.#inFlight -= 1;
    this.#write(TAKEN, this.#inFlight);
    if (this.#isRetired && this.#inFlight === 0) this.#letGo();
  }

  tellWaiting(isWaiting: boolean): void {
    this.#write(WAITS, isWaiting ? 1 : 0);
  }

  /** Nothing is limited any more; the cell is let go of when all that was taken is released. */
  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.tellWaiting(false);
    if (this.#inFlight === 0) this.#letGo();
  }

  #letGo(): void {
    this.#cell?.release();
    this.#cell = null;
  }

  #write(which: number, value: number): void {
    const cell = this.#cell;
    if (cell === null) return;
    cell.lock.take();
    cell.numbers[this.#own + which] = value;
    cell.lock.give();
  }

  get #share(): number {
    return Math.ceil(this.limit / this.sharedBy);
  }

  #hasRoom({ numbers }: SharedCell): boolean {
    let taken = 0;
    let othersWait = false;
    for (let at = 0; at < numbers.length; at += NUMBERS_PER_WORKER) {
      taken += numbers[at + TAKEN] as number;
      if (at !== this.#own && numbers[at + WAITS] === 1) othersWait = true;
    }
    if (taken >= this.limit) return false;
    return !othersWait || this.#inFlight < this.#share;
  }
}
