/**
 * Timeouts for the request path: thousands of timers of which nearly all are cancelled. A timer is
 * made once, with its connection or exchange, and linked into the list of the slot in which it is
 * due; to schedule and to cancel it costs a few writes and no memory. Below it all, one timer of
 * the platform's is armed for the next slot that holds anything, and none when there is nothing.
 *
 *     level 0   64 slots of 1 tick         4 ms    a timer expires from here
 *     level 1   64 slots of 64 ticks     256 ms    a slot that is reached moves its
 *     level 2   64 slots of 64^2 ticks    16 s     timers to the levels above it, and
 *     level 3   64 slots of 64^3 ticks    17 min   so they come closer step by step
 *     level 4   64 slots of 64^4 ticks    18 h
 *
 * A timer never fires early, and up to one tick late, besides what the loop itself is late. When
 * the loop was held up, because no processor was free or a limit on it was reached, what came over
 * the network meanwhile is heard first: an answer that is there is not late.
 */
import type { Clock } from "./clock.ts";
import type { TimerHandle, Timers } from "./timers.ts";

export const TICK_MS = 4;

/** Longer delays are shortened to this: 49 days, so nobody waits for it. */
export const DELAY_TICKS_MAX = 64 ** 5 - 1;

/** After so many callbacks the loop gets a turn, then the rest follow. */
export const EXPIRIES_PER_TURN_MAX = 256;

/** So much later than asked for, the loop was held up: 20 ms. */
export const LATE_TICKS = 5;

const LEVELS = 5;
const SLOTS = 64;
/** Ticks that one slot of each level spans. */
const SPANS: readonly number[] = [1, 64, 64 ** 2, 64 ** 3, 64 ** 4];
/** Where timers wait that are due and have not been called yet. */
const EXPIRING = LEVELS * SLOTS;
const IDLE = -1;
const NEVER = Number.POSITIVE_INFINITY;
/** The platform's timers take 31 bits of milliseconds; waking once a day costs nothing. */
const ARM_MS_MAX = 24 * 3_600_000;

/** Who a timer belongs to. */
export interface TimerOwner {
  /** `timer` is idle again and may be scheduled again, here and now too. */
  onTimer(timer: WheelTimer): void;
}

/** Owns the heads of the rings, which are never due. */
const NOBODY: TimerOwner = { onTimer: () => {} };

/** One timer, reused for the life of its owner. The fields are the wheel's business alone. */
export class WheelTimer {
  readonly owner: TimerOwner;
  /** @internal */
  slot = IDLE;
  /** @internal */
  dueTick = 0;
  /** @internal */
  next: WheelTimer;
  /** @internal */
  previous: WheelTimer;

  constructor(owner: TimerOwner) {
    this.owner = owner;
    this.next = this;
    this.previous = this;
  }

  get isScheduled(): boolean {
    return this.slot !== IDLE;
  }
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #originMs: number;
  /** Rings of timers, each closed by a head that belongs to the slot. */
  readonly #heads: readonly WheelTimer[];
  /** Which slots hold anything: two words of 32 bits for each level. */
  readonly #occupied = new Int32Array(LEVELS * 2);
  /** No slot that holds anything starts at or before this tick. */
  #currentTick = 0;
  /** No slot that holds anything starts before this tick. Cancelling leaves it as it is. */
  #nextTick = NEVER;
  #armed: TimerHandle | null = null;
  /** It was late, and the loop has been given a turn. */
  #hasYielded = false;
  #running = false;
  #scheduledCount = 0;
  readonly #onArmed = (): void => this.#run();

  constructor(options: { readonly clock: Clock; readonly timers: Timers }) {
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#originMs = options.clock.nowMs();
    this.#heads = Array.from({ length: EXPIRING + 1 }, () => new WheelTimer(NOBODY));
  }

  get scheduledCount(): number {
    return this.#scheduledCount;
  }

  /** Calls the owner once, `delayMs` from now. A timer that was scheduled is moved. */
  schedule(timer: WheelTimer, delayMs: number): void {
    this.scheduleFrom(timer, this.#clock.nowMs(), delayMs);
  }

  /** The same for callers that have just read the clock. */
  scheduleFrom(timer: WheelTimer, nowMs: number, delayMs: number): void {
    if (timer.slot === IDLE) this.#scheduledCount += 1;
    else this.#unlink(timer);
    const sinceMs = nowMs - this.#originMs;
    if (!this.#running) this.#follow(Math.floor(sinceMs / TICK_MS));
    const dueTick = Math.ceil((sinceMs + Math.max(delayMs || 0, 0)) / TICK_MS);
    const least = this.#currentTick + 1;
    const most = this.#currentTick + DELAY_TICKS_MAX;
    timer.dueTick = Math.min(Math.max(dueTick, least), most);
    const startTick = this.#place(timer);
    if (startTick < this.#nextTick && !this.#running) this.#arm(startTick, nowMs);
  }

  /** Does nothing to a timer that is idle. */
  cancel(timer: WheelTimer): void {
    if (timer.slot === IDLE) return;
    this.#unlink(timer);
    timer.slot = IDLE;
    this.#scheduledCount -= 1;
  }

  /** Forgets every timer without calling anyone. */
  stop(): void {
    for (const head of this.#heads) {
      while (head.next !== head) this.cancel(head.next);
    }
    if (this.#armed !== null) this.#timers.clear(this.#armed);
    this.#armed = null;
    this.#hasYielded = false;
    this.#nextTick = NEVER;
  }

  /** Catches up with the clock over ticks that are known to be empty. */
  #follow(nowTick: number): void {
    const tick = this.#nextTick > nowTick ? nowTick : this.#nextTick - 1;
    if (tick > this.#currentTick) this.#currentTick = tick;
  }

  /** Links a timer into its slot; the tick at which that slot has to be looked at. */
  #place(timer: WheelTimer): number {
    const delta = timer.dueTick - this.#currentTick;
    let level = 0;
    while (level < LEVELS - 1 && delta >= (SPANS[level + 1] as number)) level += 1;
    const span = SPANS[level] as number;
    const turn = Math.floor(timer.dueTick / span);
    const position = turn & (SLOTS - 1);
    this.#link(timer, level * SLOTS + position);
    const word = level * 2 + (position >>> 5);
    this.#occupied[word] = (this.#occupied[word] as number) | (1 << (position & 31));
    return turn * span;
  }

  #link(timer: WheelTimer, slot: number): void {
    const head = this.#heads[slot] as WheelTimer;
    const last = head.previous;
    timer.slot = slot;
    timer.previous = last;
    timer.next = head;
    last.next = timer;
    head.previous = timer;
  }

  #unlink(timer: WheelTimer): void {
    const { next, previous, slot } = timer;
    previous.next = next;
    next.previous = previous;
    timer.next = timer;
    timer.previous = timer;
    if (next === previous && slot !== EXPIRING) this.#vacate(slot);
  }

  #vacate(slot: number): void {
    const word = slot >>> 5;
    this.#occupied[word] = (this.#occupied[word] as number) & ~(1 << (slot & 31));
  }

  #arm(tick: number, nowMs: number): void {
    if (this.#armed !== null) this.#timers.clear(this.#armed);
    this.#nextTick = tick;
    const delayMs = Math.ceil(tick * TICK_MS + this.#originMs - nowMs);
    this.#armed = this.#timers.set(Math.max(0, Math.min(delayMs, ARM_MS_MAX)), this.#onArmed);
  }

  #run(): void {
    const nowTick = Math.floor((this.#clock.nowMs() - this.#originMs) / TICK_MS);
    if (nowTick > this.#nextTick + LATE_TICKS && !this.#hasYielded) {
      this.#hasYielded = true;
      this.#armed = this.#timers.set(0, this.#onArmed);
      return;
    }
    this.#hasYielded = false;
    this.#armed = null;
    this.#running = true;
    try {
      this.#expire(nowTick);
    } finally {
      this.#running = false;
      // Also after a callback threw: the others are still owed their call.
      const tick = this.#isExpiringEmpty() ? this.#findNextTick() : this.#currentTick;
      if (tick === NEVER) this.#nextTick = NEVER;
      else this.#arm(tick, this.#clock.nowMs());
    }
  }

  #expire(nowTick: number): void {
    let callsLeft = EXPIRIES_PER_TURN_MAX;
    const expiring = this.#heads[EXPIRING] as WheelTimer;
    for (;;) {
      while (expiring.next !== expiring) {
        if (callsLeft === 0) return;
        callsLeft -= 1;
        const timer = expiring.next;
        this.cancel(timer);
        timer.owner.onTimer(timer);
      }
      const tick = this.#findNextTick();
      if (tick > nowTick) break;
      this.#currentTick = tick;
      this.#descend(tick);
    }
    if (nowTick > this.#currentTick) this.#currentTick = nowTick;
  }

  /** Moves what is in the slots that start at `tick` down, and what is due to the expiring. */
  #descend(tick: number): void {
    for (let level = LEVELS - 1; level > 0; level -= 1) {
      const span = SPANS[level] as number;
      if (tick % span !== 0) continue;
      const head = this.#heads[level * SLOTS + ((tick / span) & (SLOTS - 1))] as WheelTimer;
      // Taken one by one from the front: none comes back, because each goes to a lower level.
      while (head.next !== head) {
        const timer = head.next;
        this.#unlink(timer);
        this.#place(timer);
      }
    }
    const due = this.#heads[tick & (SLOTS - 1)] as WheelTimer;
    while (due.next !== due) {
      const timer = due.next;
      this.#unlink(timer);
      this.#link(timer, EXPIRING);
    }
  }

  #isExpiringEmpty(): boolean {
    const head = this.#heads[EXPIRING] as WheelTimer;
    return head.next === head;
  }

  /** The start of the nearest slot after the current tick that holds anything. */
  #findNextTick(): number {
    let best = NEVER;
    for (let level = 0; level < LEVELS; level += 1) {
      const low = this.#occupied[level * 2] as number;
      const high = this.#occupied[level * 2 + 1] as number;
      if ((low | high) === 0) continue;
      const span = SPANS[level] as number;
      const turn = Math.floor(this.#currentTick / span) + 1;
      const start = (turn + distanceToBit(low, high, turn & (SLOTS - 1))) * span;
      if (start < best) best = start;
    }
    return best;
  }
}

/** Steps from position `from` to the first set bit of 64, round the ring. One bit must be set. */
function distanceToBit(low: number, high: number, from: number): number {
  const near = from < 32 ? low : high;
  const far = from < 32 ? high : low;
  const shift = from & 31;
  const ahead = near >>> shift;
  if (ahead !== 0) return lowestBit(ahead);
  if (far !== 0) return 32 - shift + lowestBit(far);
  return 64 - shift + lowestBit(near);
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
