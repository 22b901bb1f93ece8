/**
 * Counts over the time just past: a ring of slots, each a stretch of time, of which the oldest is
 * forgotten when time goes on. The total is kept, so that reading it costs nothing.
 *
 * Counts live between `slots - 1` and `slots` stretches, depending on when in its stretch one came.
 * All that is known stands in one piece of memory, which several threads may share; they take turns
 * by a lock of their own.
 */

/** Where in the memory what stands; behind it come the counts. */
const SLOT_MS = 0;
/** Number of the stretch that the present belongs to. */
const CURRENT = 1;
const TOTAL = 2;
const HEAD_LENGTH = 3;

/** How many numbers the memory of a ring has. */
export function timeSlotsLength(slotCount: number): number {
  return HEAD_LENGTH + slotCount;
}

export class TimeSlots {
  readonly #memory: Float64Array;
  readonly #slotCount: number;

  /** `memory`: as long as `timeSlotsLength` says; of zeros, or with what others have counted. */
  constructor(slotCount: number, slotMs: number, memory?: Float64Array) {
    this.#slotCount = slotCount;
    this.#memory = memory ?? new Float64Array(timeSlotsLength(slotCount));
    if (this.#memory[SLOT_MS] === 0) this.restart(slotMs);
  }

  get slotMs(): number {
    return this.#memory[SLOT_MS] as number;
  }

  add(nowMs: number, count: number): void {
    const at = this.#advance(nowMs);
    const memory = this.#memory;
    memory[at] = (memory[at] as number) + count;
    memory[TOTAL] = (memory[TOTAL] as number) + count;
  }

  total(nowMs: number): number {
    this.#advance(nowMs);
    return this.#memory[TOTAL] as number;
  }

  clear(): void {
    this.#memory.fill(0, HEAD_LENGTH);
    this.#memory[TOTAL] = 0;
  }

  /** Forgets everything, and counts by other stretches from now on. */
  restart(slotMs: number): void {
    this.clear();
    this.#memory[SLOT_MS] = slotMs;
    this.#memory[CURRENT] = Number.NEGATIVE_INFINITY;
  }

  /** Calls with each stretch that holds anything, oldest first. */
  forEach(visit: (startMs: number, endMs: number, count: number) => void): void {
    const length = this.#slotCount;
    const current = this.#memory[CURRENT] as number;
    const { slotMs } = this;
    // Before anything was counted there is no present to begin from.
    if (current === Number.NEGATIVE_INFINITY) return;
    for (let slot = current - length + 1; slot <= current; slot += 1) {
      const count = this.#memory[this.#placeOf(slot)] as number;
      if (count !== 0) visit(slot * slotMs, (slot + 1) * slotMs, count);
    }
  }

  /** Forgets what is too old. A clock that runs back counts as standing still. */
  #advance(nowMs: number): number {
    const memory = this.#memory;
    const current = memory[CURRENT] as number;
    const slot = Math.floor(nowMs / (memory[SLOT_MS] as number));
    if (slot <= current) return this.#placeOf(current);
    if (slot - current >= this.#slotCount) {
      this.clear();
    } else {
      for (let passed = current + 1; passed <= slot; passed += 1) {
        const at = this.#placeOf(passed);
        memory[TOTAL] = (memory[TOTAL] as number) - (memory[at] as number);
        memory[at] = 0;
      }
    }
    memory[CURRENT] = slot;
    return this.#placeOf(slot);
  }

  #placeOf(slot: number): number {
    const length = this.#slotCount;
    return HEAD_LENGTH + (((slot % length) + length) % length);
  }
}
