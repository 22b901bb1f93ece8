/**
 * Long work in turns of the loop, so that whoever else waits has one in between: thousands of
 * objects come at once when a kind is read, and proxies want their answers meanwhile.
 */
import type { Clock } from "../base/clock.ts";
import type { Timers } from "../base/timers.ts";

export class Turns {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #turnMs: number;
  #beganMs: number;

  constructor(options: {
    readonly clock: Clock;
    readonly timers: Timers;
    /** A turn is over when it has lasted so long. */
    readonly turnMs: number;
  }) {
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#turnMs = options.turnMs;
    this.#beganMs = options.clock.nowMs();
  }

  get isOver(): boolean {
    return this.#clock.nowMs() - this.#beganMs >= this.#turnMs;
  }

  /** Resolves in the next turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#timers.set(0, () => {
        this.#beganMs = this.#clock.nowMs();
        resolve();
      });
    });
  }
}
