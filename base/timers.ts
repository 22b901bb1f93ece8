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
}

/** Timers and their clock, moved by hand: what is due runs in order while time advances. */
export class ManualTimers implements Timers {
  readonly clock: ManualClock;
  #pending: ManualTimer[] = [];
  #order = 0;

  constructor(clock: ManualClock = new ManualClock()) {
    this.clock = clock;
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  set(delayMs: number, callback: () => void): TimerHandle {
    const dueMs = this.clock.nowMs() + Math.max(0, delayMs);
    const timer: ManualTimer = { dueMs, order: this.#order++, callback };
    this.#pending.push(timer);
    return { timer };
  }

  clear(handle: TimerHandle): void {
    this.#pending = this.#pending.filter((timer) => timer !== handle.timer);
  }

  advance(byMs: number): void {
    const endMs = this.clock.nowMs() + byMs;
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.dueMs > endMs) break;
      this.#pending = this.#pending.filter((timer) => timer !== next);
      this.clock.advance(Math.max(0, next.dueMs - this.clock.nowMs()));
      next.callback();
    }
    // A callback may have moved the clock further itself, as one does that holds the loop.
    this.clock.advance(Math.max(0, endMs - this.clock.nowMs()));
  }

  #earliest(): ManualTimer | undefined {
    let best: ManualTimer | undefined;
    for (const timer of this.#pending) {
      if (best === undefined || timer.dueMs < best.dueMs) best = timer;
      else if (timer.dueMs === best.dueMs && timer.order < best.order) best = timer;
    }
    return best;
  }
}
