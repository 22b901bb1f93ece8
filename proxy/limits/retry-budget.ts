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
import type { CellLock } from "./cell-lock.ts";
import { TimeSlots, timeSlotsLength } from "./time-slots.ts";

/** More slots, less lost to rounding: of what is promised, 6 % at most under steady load. */
const SLOTS = 32;
/** A retry must live at least `ttlMs`, a request at most. */
const RETRY_SLOTS = SLOTS + 1;
/** What adding up shares may be off by. */
const ROUNDING = 1e-9;

const REQUESTS_LENGTH = timeSlotsLength(SLOTS);

/** How many numbers the books of a budget take. */
export const BUDGET_BOOKS_LENGTH = REQUESTS_LENGTH + timeSlotsLength(RETRY_SLOTS);

/** Books that several threads keep together. */
export interface SharedBooks {
  /** `BUDGET_BOOKS_LENGTH` numbers: zeros, or what others have written. */
  readonly memory: Float64Array;
  readonly lock: CellLock;
}

export class RetryBudget {
  #settings: RetryBudgetSettings;
  #requests: TimeSlots;
  #retries: TimeSlots;
  /** Null: these books are nobody else's. */
  #lock: CellLock | null;

  constructor(settings: RetryBudgetSettings, shared: SharedBooks | null = null) {
    this.#settings = settings;
    this.#lock = shared?.lock ?? null;
    const memory = shared?.memory ?? new Float64Array(BUDGET_BOOKS_LENGTH);
    const slotMs = settings.ttlMs / SLOTS;
    this.#lock?.take();
    this.#requests = new TimeSlots(SLOTS, slotMs, memory.subarray(0, REQUESTS_LENGTH));
    this.#retries = new TimeSlots(RETRY_SLOTS, slotMs, memory.subarray(REQUESTS_LENGTH));
    this.#lock?.give();
  }

  get settings(): RetryBudgetSettings {
    return this.#settings;
  }

  /** A request came; not one of its retries. */
  deposit(nowMs: number): void {
    this.#lock?.take();
    this.#requests.add(nowMs, 1);
    this.#lock?.give();
  }

  /** Whether there may be a retry now; if so, it is counted. */
  tryWithdraw(nowMs: number): boolean {
    this.#lock?.take();
    const isGranted = this.#balance(nowMs) >= 1 - ROUNDING;
    if (isGranted) this.#retries.add(nowMs, 1);
    this.#lock?.give();
    return isGranted;
  }

  /** Retries that there could be now. Below zero when new settings allow less. */
  balance(nowMs: number): number {
    this.#lock?.take();
    const balance = this.#balance(nowMs);
    this.#lock?.give();
    return balance;
  }

  /** New settings, old books: an edit of the policy must not hand out a fresh budget. */
  reconfigure(settings: RetryBudgetSettings, nowMs: number): void {
    this.#settings = settings;
    this.#lock?.take();
    const slotMs = settings.ttlMs / SLOTS;
    // Another thread may have done it.
    if (this.#requests.slotMs !== slotMs) this.#rebook(slotMs, nowMs);
    this.#lock?.give();
  }

  /** The shared books become somebody else's: what ends later is counted here alone. */
  leaveShared(): void {
    if (this.#lock === null) return;
    this.#lock = null;
    const slotMs = this.#settings.ttlMs / SLOTS;
    this.#requests = new TimeSlots(SLOTS, slotMs);
    this.#retries = new TimeSlots(RETRY_SLOTS, slotMs);
  }

  #balance(nowMs: number): number {
    const { ratio, minRetriesPerSecond, ttlMs } = this.#settings;
    const reserve = (minRetriesPerSecond * ttlMs) / 1000;
    return reserve + ratio * this.#requests.total(nowMs) - this.#retries.total(nowMs);
  }

  /** When in its slot something came is forgotten: requests count as early, retries as late. */
  #rebook(slotMs: number, nowMs: number): void {
    const requests: (readonly [atMs: number, count: number])[] = [];
    const retries: (readonly [atMs: number, count: number])[] = [];
    this.#requests.forEach((startMs, _, count) => {
      requests.push([startMs, count]);
    });
    this.#retries.forEach((_, endMs, count) => {
      retries.push([Math.min(endMs, nowMs), count]);
    });
    this.#requests.restart(slotMs);
    this.#retries.restart(slotMs);
    for (const [atMs, count] of requests) this.#requests.add(atMs, count);
    for (const [atMs, count] of retries) this.#retries.add(atMs, count);
  }
}
