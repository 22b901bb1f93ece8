/**
 * Work that would hold up the loop for too long, done a step in each turn, in the order in which
 * it came. A step ends where the work yields; work that never yields is done at once, unless other
 * work is before it.
 */
import type { TimerHandle, Timers } from "../../base/timers.ts";

/** May be left between two steps, and must then look again at what others can change. */
export type Steps = Generator<void, void, void>;

/** When more waits than this, all of it is done at once: no sender can make us keep more. */
export const WAITING_MAX = 64;

export class Turns {
  readonly #timers: Timers;
  readonly #waiting: Steps[] = [];
  #timer: TimerHandle | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  add(work: Steps): void {
    if (this.isIdle && work.next().done) return;
    this.#waiting.push(work);
    if (this.#waiting.length > WAITING_MAX) this.finish();
    else this.#goOnLater();
  }

  /** Does all that waits, now. */
  finish(): void {
    this.#clearTimer();
    for (let work = this.#waiting.shift(); work !== undefined; work = this.#waiting.shift()) {
      while (!work.next().done);
    }
  }

  /** Forgets all that waits. */
  drop(): void {
    this.#clearTimer();
    this.#waiting.length = 0;
  }

  #goOnLater(): void {
    this.#timer ??= this.#timers.set(0, () => {
      this.#timer = null;
      const work = this.#waiting[0];
      // A step may drop everything, itself included.
      if (work?.next().done && this.#waiting[0] === work) this.#waiting.shift();
      if (!this.isIdle) this.#goOnLater();
    });
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
  }
}
