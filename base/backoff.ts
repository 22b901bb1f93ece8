/** How long to wait before the next try: longer each time, and never in step with others. */
import type { Random } from "./random.ts";

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly random: Random;
}

/**
 * Exponential backoff with full jitter: a delay drawn from [0, min(max, base * 2^n)). Full jitter
 * spreads a crowd that failed together better than a fixed delay with a little noise.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempt = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  nextMs(): number {
    const { baseMs, maxMs, random } = this.#options;
    const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#attempt, 30));
    this.#attempt += 1;
    return ceilingMs * random.nextFloat();
  }

  reset(): void {
    this.#attempt = 0;
  }
}
