import { ManualClock } from "./clock.ts";

/** What `Timers.set` gives back. Opaque: only its maker looks inside. */
export interface TimerHandle {
  readonly timer: unknown;
}

/**
 * One-shot timers as a capability, for slow paths. Requests use the timer wheel, which holds one
 * of these however many requests are under way.
 */
export interface Timers {
  /** Calls back once, no sooner than `delayMs` from now. */
  set(delayMs: number, callback: () => void): TimerHandle;
  clear(handle: TimerHandle): void;
}

interface ManualTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
  isPending: boolean;
}

/**
 * Timers and their clock, moved by hand: what is due runs in order while time advances. A heap,
 * so that a simulation of many thousand timers is quick.
 */
export class ManualTimers implements Timers {
  readonly clock: ManualClock;
  /** The earliest is first. Cleared timers stay until they would be due. */
  readonly #heap: ManualTimer[] = [];
  #pendingCount = 0;
  #order = 0;

  constructor(clock: ManualClock = new ManualClock()) {
    this.clock = clock;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  set(delayMs: number, callback: () => void): TimerHandle {
    const dueMs = this.clock.nowMs() + Math.max(0, delayMs);
    const timer: ManualTimer = { dueMs, order: this.#order++, callback, isPending: true };
    this.#pendingCount += 1;
    this.#push(timer);
    return { timer };
  }

  clear(handle: TimerHandle): void {
    // Only `set` makes handles of these timers.
    const timer = handle.timer as ManualTimer;
    if (!timer.isPending) return;
    timer.isPending = false;
    this.#pendingCount -= 1;
  }

  advance(byMs: number): void {
    const endMs = this.clock.nowMs() + byMs;
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#pop();
      if (!next.isPending) continue;
      next.isPending = false;
      this.#pendingCount -= 1;
      this.clock.advance(Math.max(0, next.dueMs - this.clock.nowMs()));
      next.callback();
    }
    // A callback may have moved the clock further itself, as one does that holds the loop.
    this.clock.advance(Math.max(0, endMs - this.clock.nowMs()));
  }

  #push(timer: ManualTimer): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as ManualTimer;
      if (!isBefore(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as ManualTimer)) child += 1;
      const least = heap[child] as ManualTimer;
      if (!isBefore(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
  }
}

/** Of timers that are due at once, the one that was set first goes first. */
function isBefore(a: ManualTimer, b: ManualTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
