/**
 * Time as a capability. Nothing outside `base/platform` reads the machine's clock, so that tests
 * and the simulator decide what time it is.
 */
export interface Clock {
  /** Monotonic milliseconds with a fraction, from an arbitrary origin. For durations. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch. For what people and other systems read. */
  wallMs(): number;
}

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #wallOffsetMs: number;

  constructor(startMs = 0, wallOffsetMs = 0) {
    this.#nowMs = startMs;
    this.#wallOffsetMs = wallOffsetMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
  }
}
