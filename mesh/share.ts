/**
 * Takes a share of requests: 1 % for a mirror, 5 % for a fault on purpose. Counted out rather than
 * drawn, so that 1 % of 10,000 requests is 100 and not anything from 70 to 130. But not in equal
 * steps either: callers often send two kinds of requests in turns, and every second request would
 * then always be of the same kind. So time is cut into stretches that each owe one request, and
 * which one of the stretch it is, is left to chance.
 */
import type { Random } from "../base/random.ts";

/** What one request is made of: shares are taken to a millionth of it, and never drift. */
const WHOLE = 1_000_000;

export class ShareSampler {
  readonly #random: Random;
  /** What each request adds. */
  #step = 0;
  /** Where we are in the stretch; the stretches are `WHOLE` long. */
  #phase = 0;
  /** Where in its stretch the next one is taken. */
  #mark: number;

  /** `share` from 0 to 1; what is outside, or no number, is brought inside. */
  constructor(share: number, random: Random) {
    this.#random = random;
    this.#mark = this.#drawMark();
    this.share = share;
  }

  get share(): number {
    return this.#step / WHOLE;
  }

  /** May change at any time; what was owed stays owed. */
  set share(share: number) {
    this.#step = share > 0 ? Math.round(Math.min(share, 1) * WHOLE) : 0;
  }

  /** Whether this request is one of them. Any run of `n` requests gives `n * share`, within 2. */
  take(): boolean {
    this.#phase += this.#step;
    if (this.#phase < this.#mark) return false;
    this.#phase -= WHOLE;
    this.#mark = this.#drawMark();
    return true;
  }

  /** Never 0, or a share of nothing would take the first; never above the stretch's end. */
  #drawMark(): number {
    return 1 + Math.floor(this.#random.nextFloat() * WHOLE);
  }
}
