/**
 * A lock in memory that threads share, for a few reads and writes at a time. Whoever does not get
 * it tries again a little, and then sleeps in between: the holder may have lost its core. A thread
 * never ends while it holds one, but together with the whole process.
 */

/** About a microsecond: longer than anybody holds it who runs. */
const TRIES_BEFORE_SLEEP = 64;
/** Nobody is woken when the lock is given back, which would cost a system call each time. */
const SLEEP_MS = 0.05;

export class CellLock {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #at: number;

  /** `words[at]` is 0 while nobody has it. */
  constructor(words: Int32Array<SharedArrayBuffer>, at: number) {
    this.#words = words;
    this.#at = at;
  }

  take(): void {
    let tries = 0;
    while (Atomics.compareExchange(this.#words, this.#at, 0, 1) !== 0) {
      tries += 1;
      if (tries > TRIES_BEFORE_SLEEP) Atomics.wait(this.#words, this.#at, 1, SLEEP_MS);
    }
  }

  give(): void {
    Atomics.store(this.#words, this.#at, 0);
  }
}
