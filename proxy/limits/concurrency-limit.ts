/**
 * How many requests may be under way at a time. Whoever is above the limit waits or is refused;
 * the rest is not slowed down by what could not be served anyway.
 */

/** What the end of a request tells about load. */
export const OUTCOME_SERVED = 0;
/** Refused for load or never answered: a sign of too much, however fast it came. */
export const OUTCOME_DROPPED = 1;
/** Nothing: the caller went away, or the failure is not one of load. */
export const OUTCOME_IGNORED = 2;
export type LoadOutcome = typeof OUTCOME_SERVED | typeof OUTCOME_DROPPED | typeof OUTCOME_IGNORED;

export interface ConcurrencyLimit {
  /** How many may be under way; at least one. */
  readonly limit: number;
  readonly inFlight: number;
  /** How many workers it holds for together; `inFlight` is of this one alone. */
  readonly sharedBy: number;
  /** How often who waits looks for places that were freed elsewhere; 0: there is no elsewhere. */
  readonly pollMs: number;
  /** Takes a place if there is one. Each place taken is released exactly once. */
  tryAcquire(): boolean;
  /** `rttMs`: from when the place was taken; only served requests' counts. */
  release(nowMs: number, rttMs: number, outcome: LoadOutcome): void;
  /** Somebody waits here for a place, or nobody does any more. */
  tellWaiting(isWaiting: boolean): void;
  /** Another takes its place: only releases follow. */
  retire(): void;
}

/** As many as somebody said. */
export class FixedLimit implements ConcurrencyLimit {
  /** May change; what is under way above a lower limit is finished. */
  limit: number;
  readonly sharedBy = 1;
  readonly pollMs = 0;
  #inFlight = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  tryAcquire(): boolean {
    if (this.#inFlight >= this.limit) return false;
    this.#inFlight += 1;
    return true;
  }

  release(_nowMs: number, _rttMs: number, _outcome: LoadOutcome): void {
    this.#inFlight -= 1;
  }

  tellWaiting(_isWaiting: boolean): void {}

  retire(): void {}
}
