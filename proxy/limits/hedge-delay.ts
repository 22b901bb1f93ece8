/**
 * When a second try is worth it: after the time in which most answers come, by what answers took
 * lately. Observations lose half their weight every few seconds; the percentile is taken anew only
 * now and then, because it looks at every bucket, and a hedge need not be exact.
 */
import { HISTOGRAM_CELLS, Histogram } from "../../base/histogram.ts";

/** In between, the last answer is given again. */
export const HEDGE_REFRESH_MS = 250;
/** Of fewer observations no percentile can be told. */
export const HEDGE_SAMPLES_MIN = 50;
const HALF_LIFE_MS = 10_000;

export class HedgeDelay {
  #quantile: number;
  readonly #recent = new Histogram();
  #refreshAtMs = Number.NEGATIVE_INFINITY;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;
  #delayMs = Number.POSITIVE_INFINITY;

  /** `percentile` from 0 to 100. */
  constructor(percentile: number) {
    this.#quantile = percentile / 100;
  }

  /** Another percentile, of what was seen before. */
  reconfigure(percentile: number): void {
    const quantile = percentile / 100;
    if (quantile === this.#quantile) return;
    this.#quantile = quantile;
    this.#refreshAtMs = Number.NEGATIVE_INFINITY;
  }

  /** How long an answer took, whole or until it was cancelled. */
  record(rttMs: number): void {
    this.#recent.record(rttMs);
  }

  /** How long to wait before a second try; infinite as long as too little is known. */
  delayMs(nowMs: number): number {
    if (nowMs >= this.#refreshAtMs) this.#refresh(nowMs);
    return this.#delayMs;
  }

  #refresh(nowMs: number): void {
    const recent = this.#recent;
    const passedMs = nowMs - this.#refreshedAtMs;
    if (passedMs > 0 && Number.isFinite(passedMs)) {
      const left = 2 ** (-passedMs / HALF_LIFE_MS);
      for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) {
        const at = recent.offset + cell;
        recent.cells[at] = (recent.cells[at] as number) * left;
      }
    }
    this.#refreshedAtMs = nowMs;
    this.#refreshAtMs = nowMs + HEDGE_REFRESH_MS;
    const known = recent.count >= HEDGE_SAMPLES_MIN;
    const delayMs = known ? recent.quantileMs(this.#quantile) : undefined;
    this.#delayMs = delayMs ?? Number.POSITIVE_INFINITY;
  }
}
