/**
 * Finds out how many requests may be under way from how latency answers to load, as Netflix's
 * concurrency-limits and Envoy's adaptive concurrency do. A service that is not at its limit
 * answers as fast as ever, however many requests there are; from its limit on each further one
 * only waits, and latency grows in proportion. So, window by window:
 *
 *     gradient = tolerance * (latency when there is no queue) / (latency in this window)
 *     limit    = limit * gradient (from a half to 1) + some queue, smoothed
 *
 * The latency without a queue, the baseline, falls at once and rises only in windows in which the
 * limit was not reached: then a slower service is really slower. A service that is always at its
 * limit would never show, so at the start, and now and then, the limit is halved for a moment until
 * halving it makes nothing faster. Two guards besides: a limit that traffic does not come near does
 * not grow, and drops lower it.
 */
import type { ConcurrencyLimit, LoadOutcome } from "./concurrency-limit.ts";
import { OUTCOME_DROPPED, OUTCOME_SERVED } from "./concurrency-limit.ts";

export interface GradientSettings {
  readonly limitInitial: number;
  readonly limitMin: number;
  readonly limitMax: number;
  /** How much slower than the baseline is no sign of a queue yet. */
  readonly tolerance: number;
  /** Share by which the limit follows what a window says. */
  readonly smoothing: number;
  /** A window is at least this long and holds at least `windowSamplesMin` answers. */
  readonly windowMs: number;
  readonly windowSamplesMin: number;
  /** So long after the baseline was last seen without load, it is looked for. */
  readonly probeAfterMs: number;
}

export const DEFAULT_GRADIENT: GradientSettings = {
  limitInitial: 20,
  limitMin: 4,
  limitMax: 1000,
  tolerance: 1.5,
  smoothing: 0.2,
  windowMs: 100,
  windowSamplesMin: 10,
  probeAfterMs: 30_000,
};

const GRADIENT_MIN = 0.5;
/** Of the limit after a window with drops. */
const DROPS_LEAVE = 0.9;
/** Below this share of the limit it was not traffic's limit. */
const REACHED_SHARE = 0.8;
/** How far the baseline follows a faster window, and a slower one. */
const BASELINE_FALL = 0.5;
const BASELINE_RISE = 0.05;
/** Closer than this, two latencies are the same. */
const SAME_WITHIN = 0.1;

export class GradientLimit implements ConcurrencyLimit {
  readonly sharedBy = 1;
  readonly pollMs = 0;
  readonly #settings: GradientSettings;
  #limit: number;
  #inFlight = 0;
  /** 0 until the first window. */
  #baselineMs = 0;
  #baselineSeenMs = Number.NEGATIVE_INFINITY;
  /** The limit to return to when the baseline was looked for; 0 when it is not being looked for. */
  #resumeLimit = 0;
  /** The latency before the limit was last halved. */
  #probedMs = 0;
  /** What waited when the limit was halved is still being served: this window tells nothing. */
  #settling = false;

  // The window under way.
  #startedMs = 0;
  #samples = 0;
  #sumMs = 0;
  #drops = 0;
  #inFlightMax = 0;

  constructor(settings: GradientSettings) {
    this.#settings = settings;
    this.#limit = settings.limitInitial;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** What an answer is taken to need where nothing waits; 0 while that is unknown. */
  get baselineMs(): number {
    return this.#baselineMs;
  }

  tryAcquire(): boolean {
    if (this.#inFlight >= Math.floor(this.#limit)) return false;
    this.#inFlight += 1;
    if (this.#inFlight > this.#inFlightMax) this.#inFlightMax = this.#inFlight;
    return true;
  }

  release(nowMs: number, rttMs: number, outcome: LoadOutcome): void {
    this.#inFlight -= 1;
    if (outcome === OUTCOME_DROPPED) this.#drops += 1;
    if (outcome === OUTCOME_SERVED) {
      this.#samples += 1;
      this.#sumMs += rttMs;
    }
    const { windowMs, windowSamplesMin } = this.#settings;
    if (this.#samples + this.#drops < windowSamplesMin) return;
    if (nowMs - this.#startedMs < windowMs) return;
    this.#closeWindow(nowMs);
    this.#startedMs = nowMs;
    this.#samples = 0;
    this.#sumMs = 0;
    this.#drops = 0;
    this.#inFlightMax = this.#inFlight;
  }

  tellWaiting(_isWaiting: boolean): void {}

  retire(): void {}

  #closeWindow(nowMs: number): void {
    const latencyMs = this.#samples > 0 ? this.#sumMs / this.#samples : 0;
    if (this.#resumeLimit > 0) {
      this.#continueProbe(nowMs, latencyMs);
      return;
    }
    const reached = this.#inFlightMax >= this.#limit * REACHED_SHARE;
    if (this.#samples > 0) {
      this.#learnBaseline(nowMs, latencyMs, reached);
      this.#adapt(latencyMs, reached);
    }
    if (this.#drops > 0) this.#set(this.#limit * DROPS_LEAVE);
    if (reached && nowMs - this.#baselineSeenMs >= this.#settings.probeAfterMs) {
      this.#resumeLimit = this.#limit;
      this.#halve(latencyMs);
    }
  }

  #learnBaseline(nowMs: number, latencyMs: number, reached: boolean): void {
    const above = latencyMs - this.#baselineMs;
    if (this.#baselineMs === 0) this.#baselineMs = latencyMs;
    else if (above < 0) this.#baselineMs += above * BASELINE_FALL;
    else if (!reached) this.#baselineMs += above * BASELINE_RISE;
    if (!reached) this.#baselineSeenMs = nowMs;
  }

  #halve(latencyMs: number): void {
    this.#probedMs = latencyMs;
    this.#settling = true;
    this.#set(this.#limit / 2);
  }

  /** Goes on as long as halving made answers faster, and they are not as fast as they ever were. */
  #continueProbe(nowMs: number, latencyMs: number): void {
    if (this.#settling) {
      this.#settling = this.#inFlight > this.#limit;
      if (latencyMs > 0) return;
    }
    const isFaster = latencyMs < this.#probedMs * (1 - SAME_WITHIN);
    const isFastest = latencyMs <= this.#baselineMs * (1 + SAME_WITHIN);
    if (latencyMs > 0 && isFaster && !isFastest && this.#limit > this.#settings.limitMin) {
      this.#halve(latencyMs);
      return;
    }
    if (latencyMs > 0) this.#baselineMs = latencyMs;
    this.#baselineSeenMs = nowMs;
    this.#set(this.#resumeLimit);
    this.#resumeLimit = 0;
  }

  #adapt(latencyMs: number, reached: boolean): void {
    const { tolerance, smoothing } = this.#settings;
    const ratio = latencyMs > 0 ? (tolerance * this.#baselineMs) / latencyMs : 1;
    const gradient = Math.max(GRADIENT_MIN, Math.min(1, ratio));
    // Some queue keeps the service busy, and is how the limit finds that there is more room.
    const wanted = this.#limit * gradient + Math.sqrt(this.#limit);
    if (wanted > this.#limit && !reached) return;
    this.#set(this.#limit + (wanted - this.#limit) * smoothing);
  }

  #set(limit: number): void {
    const { limitMin, limitMax } = this.#settings;
    this.#limit = Math.max(limitMin, Math.min(limitMax, limit));
  }
}
