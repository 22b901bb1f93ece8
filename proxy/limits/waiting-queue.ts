/**
 * Where requests wait for their turn: bounded, first in first out within each importance, the more
 * important first. When it is full the least important gives way, and of those the newest: the
 * oldest is nearest to being served. Whoever leaves is told at once, so that nobody hangs.
 *
 *     critical     head <-> ... <-> tail      taken first
 *     normal       head <-> ... <-> tail
 *     sheddable    head <-> ... <-> tail      gives way first
 *
 * A request carries its own link, so that to wait, to be taken and to go away cost a few writes
 * and no memory. What queued work there is tells how long a newcomer would wait: who could not be
 * served before its deadline is refused now rather than later.
 */
import type { Importance } from "../../mesh/route-behaviour.ts";

export const CRITICAL = 0;
export const NORMAL = 1;
export const SHEDDABLE = 2;
export type ImportanceLevel = typeof CRITICAL | typeof NORMAL | typeof SHEDDABLE;
const LEVELS = 3;

/** Every request that is served moves the estimate of the time between two by this share. */
const INTERVAL_SHARE = 1 / 16;
/** A pause this long was a lack of work, and says nothing about how fast it is served. */
const INTERVAL_MS_MAX = 10_000;

export function importanceLevel(importance: Importance): ImportanceLevel {
  if (importance === "critical") return CRITICAL;
  return importance === "normal" ? NORMAL : SHEDDABLE;
}

/** A request's place in a queue, made once with its owner. The fields are the queue's business. */
export class Waiter<T> {
  readonly owner: T;
  level: ImportanceLevel = NORMAL;
  deadlineMs = Number.POSITIVE_INFINITY;
  /** @internal */
  queue: WaitingQueue<T> | null = null;
  /** @internal */
  next: Waiter<T> | null = null;
  /** @internal */
  previous: Waiter<T> | null = null;

  constructor(owner: T) {
    this.owner = owner;
  }

  get waiting(): boolean {
    return this.queue !== null;
  }
}

export class WaitingQueue<T> {
  lengthMax: number;
  readonly #heads: (Waiter<T> | null)[] = [null, null, null];
  readonly #tails: (Waiter<T> | null)[] = [null, null, null];
  readonly #lengths = new Int32Array(LEVELS);
  #length = 0;
  #takenAtMs = Number.NEGATIVE_INFINITY;
  #intervalMs = 0;

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax;
  }

  get length(): number {
    return this.#length;
  }

  lengthOf(level: ImportanceLevel): number {
    return this.#lengths[level] as number;
  }

  /** When the first of those at the heads of their lines must be served; infinite without one. */
  get firstDeadlineMs(): number {
    let firstMs = Number.POSITIVE_INFINITY;
    for (const head of this.#heads) {
      if (head !== null && head.deadlineMs < firstMs) firstMs = head.deadlineMs;
    }
    return firstMs;
  }

  /**
   * Lets `waiter` wait. Gives back who had to give way, already out of the queue, and that may be
   * `waiter` itself; null when there was room.
   */
  push(waiter: Waiter<T>, level: ImportanceLevel, deadlineMs: number): Waiter<T> | null {
    waiter.level = level;
    waiter.deadlineMs = deadlineMs;
    let shed: Waiter<T> | null = null;
    if (this.#length >= this.lengthMax) {
      shed = this.#leastImportantBelow(level);
      if (shed === null) return waiter;
      this.withdraw(shed);
    }
    const tail = this.#tails[level] ?? null;
    waiter.queue = this;
    waiter.previous = tail;
    waiter.next = null;
    if (tail === null) this.#heads[level] = waiter;
    else tail.next = waiter;
    this.#tails[level] = waiter;
    this.#lengths[level] = this.lengthOf(level) + 1;
    this.#length += 1;
    return shed;
  }

  /** Takes the next one to be served. It may be past its deadline: `takeExpired` comes first. */
  take(nowMs: number): Waiter<T> | null {
    const waiter = this.#first();
    if (waiter === null) return null;
    this.withdraw(waiter);
    this.#observe(nowMs, this.#length > 0);
    return waiter;
  }

  /** Takes one from the head of its line whose deadline has passed; null when there is none. */
  takeExpired(nowMs: number): Waiter<T> | null {
    for (let level = 0; level < LEVELS; level += 1) {
      const head = this.#heads[level] ?? null;
      if (head === null || head.deadlineMs > nowMs) continue;
      this.withdraw(head);
      return head;
    }
    return null;
  }

  /** Takes it out wherever it stands. False when it does not wait here. */
  withdraw(waiter: Waiter<T>): boolean {
    if (waiter.queue !== this) return false;
    const { level, next, previous } = waiter;
    if (previous === null) this.#heads[level] = next;
    else previous.next = next;
    if (next === null) this.#tails[level] = previous;
    else next.previous = previous;
    waiter.queue = null;
    waiter.next = null;
    waiter.previous = null;
    this.#lengths[level] = this.lengthOf(level) - 1;
    this.#length -= 1;
    return true;
  }

  /** From now on nobody who waits does so for longer than until then. */
  hurry(untilMs: number): void {
    for (const head of this.#heads) {
      for (let waiter = head; waiter !== null; waiter = waiter.next) {
        waiter.deadlineMs = Math.min(waiter.deadlineMs, untilMs);
      }
    }
  }

  /** How long one of that importance would wait if it came now; 0 while nothing is known. */
  expectedWaitMs(level: ImportanceLevel): number {
    let ahead = 1;
    for (let above = 0; above <= level; above += 1) ahead += this.#lengths[above] as number;
    return ahead * this.#intervalMs;
  }

  #first(): Waiter<T> | null {
    return this.#heads[CRITICAL] ?? this.#heads[NORMAL] ?? this.#heads[SHEDDABLE] ?? null;
  }

  #leastImportantBelow(level: ImportanceLevel): Waiter<T> | null {
    for (let below = LEVELS - 1; below > level; below -= 1) {
      const tail = this.#tails[below] ?? null;
      if (tail !== null) return tail;
    }
    return null;
  }

  /** Only while others wait does the time between two tell how fast work is done. */
  #observe(nowMs: number, othersWait: boolean): void {
    const tookMs = nowMs - this.#takenAtMs;
    if (tookMs >= 0 && tookMs < INTERVAL_MS_MAX) {
      this.#intervalMs += (tookMs - this.#intervalMs) * INTERVAL_SHARE;
    }
    this.#takenAtMs = othersWait ? nowMs : Number.NEGATIVE_INFINITY;
  }
}
