/**
 * How many retries there may be: a share of the requests, and a few a second on top so that a
 * service with little traffic may be retried too. Retries are what turns a bad minute into an
 * outage, so this is a promise, not an average:
 *
 *     in no stretch of time as long as `ttlMs` are there more retries than
 *     `ratio` of the requests of that time + `minRetriesPerSecond` of its seconds
 *
 * The books are kept in slots. A request is forgotten up to one slot before its time is over, and
 * a retry up to one slot after, so that rounding never gives more than was promised.
 */
import type { RetryBudget as RetryBudgetSettings } from "../../mesh/retry.ts";
import { TimeSlots } from "./time-slots.ts";

/** More slots, less lost to rounding: of what is promised, 6 % at most under steady load. */
const SLOTS = 32;
/** What adding up shares may be off by. */
const ROUNDING = 1e-9;

export class RetryBudget {
  #settings: RetryBudgetSettings;
  #requests: TimeSlots;
  #retries: TimeSlots;

  constructor(settings: RetryBudgetSettings) {
    this.#settings = settings;
    this.#requests = requestSlots(settings.ttlMs);
    this.#retries = retrySlots(settings.ttlMs);
  }

  get settings(): RetryBudgetSettings {
    return this.#settings;
  }

  /** A request came; not one of its retries. */
  deposit(nowMs: number): void {
    this.#requests.add(nowMs, 1);
  }

  /** Whether there may be a retry now; if so, it is counted. */
  tryWithdraw(nowMs: number): boolean {
    if (this.balance(nowMs) < 1 - ROUNDING) return false;
    this.#retries.add(nowMs, 1);
    return true;
  }

  /** Retries that there could be now. Below zero when new settings allow less. */
  balance(nowMs: number): number {
    const { ratio, minRetriesPerSecond, ttlMs } = this.#settings;
    const reserve = (minRetriesPerSecond * ttlMs) / 1000;
    return reserve + ratio * this.#requests.total(nowMs) - this.#retries.total(nowMs);
  }

  /** New settings, old books: an edit of the policy must not hand out a fresh budget. */
  reconfigure(settings: RetryBudgetSettings, nowMs: number): void {
    const { ttlMs } = this.#settings;
    this.#settings = settings;
    if (settings.ttlMs === ttlMs) return;
    const requests = requestSlots(settings.ttlMs);
    const retries = retrySlots(settings.ttlMs);
    // When in its slot something came is forgotten: requests count as early, retries as late.
    this.#requests.forEach((startMs, _, count) => {
      requests.add(startMs, count);
    });
    this.#retries.forEach((_, endMs, count) => {
      retries.add(Math.min(endMs, nowMs), count);
    });
    this.#requests = requests;
    this.#retries = retries;
  }
}

/** Lives at most `ttlMs`. */
function requestSlots(ttlMs: number): TimeSlots {
  return new TimeSlots(SLOTS, ttlMs / SLOTS);
}

/** Lives at least `ttlMs`. */
function retrySlots(ttlMs: number): TimeSlots {
  return new TimeSlots(SLOTS + 1, ttlMs / SLOTS);
}
