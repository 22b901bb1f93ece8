/**
 * Counts over the time just past: a ring of slots, each a stretch of time, of which the oldest is
 * forgotten when time goes on. The total is kept, so that reading it costs nothing.
 *
 * Counts live between `slots - 1` and `slots` stretches, depending on when in its stretch one came.
 */
export class TimeSlots {
  readonly #counts: Float64Array;
  readonly #slotMs: number;
  /** Number of the stretch that the present belongs to. */
  #current = Number.NEGATIVE_INFINITY;
  #total = 0;

  constructor(slotCount: number, slotMs: number) {
    this.#counts = new Float64Array(slotCount);
    this.#slotMs = slotMs;
  }

  add(nowMs: number, count: number): void {
    const at = this.#advance(nowMs);
    this.#counts[at] = (this.#counts[at] as number) + count;
    this.#total += count;
  }

  total(nowMs: number): number {
    this.#advance(nowMs);
    return this.#total;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  /** Calls with each stretch that holds anything, oldest first. */
  forEach(visit: (startMs: number, endMs: number, count: number) => void): void {
    const length = this.#counts.length;
    // Before anything was counted there is no present to begin from.
    if (this.#current === Number.NEGATIVE_INFINITY) return;
    for (let slot = this.#current - length + 1; slot <= this.#current; slot += 1) {
      const count = this.#counts[((slot % length) + length) % length] as number;
      if (count !== 0) visit(slot * this.#slotMs, (slot + 1) * this.#slotMs, count);
    }
  }

  /** Forgets what is too old. A clock that runs back counts as standing still. */
  #advance(nowMs: number): number {
    const counts = this.#counts;
    const length = counts.length;
    const slot = Math.floor(nowMs / this.#slotMs);
    if (slot > this.#current) {
      if (slot - this.#current >= length) {
        this.clear();
      } else {
        for (let passed = this.#current + 1; passed <= slot; passed += 1) {
          const at = ((passed % length) + length) % length;
          this.#total -= counts[at] as number;
          counts[at] = 0;
        }
      }
      this.#current = slot;
    }
    return ((this.#current % length) + length) % length;
  }
}
