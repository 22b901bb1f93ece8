/**
 * Whether one endpoint is worth sending to, judged by how its requests end: so many failures in a
 * row, or too small a share of successes among enough requests of the last seconds. This is the
 * judge alone; how many may be evicted at a time is `Eviction`'s business.
 *
 *     CLOSED      requests are sent and counted         -> OPEN when evicted
 *     OPEN        none are sent                         -> PROBING when its time has come
 *     PROBING     one is sent, to see                   -> SLOW_START, or OPEN for longer
 *     SLOW_START  requests are sent, fewer at first     -> CLOSED by itself, OPEN when evicted
 *
 * OPEN and PROBING also go to CLOSED when so many others are lost that it is needed again.
 */
import type { Random } from "../../base/random.ts";
import type { Breaker as BreakerSettings } from "../../mesh/backend-settings.ts";
import { TimeSlots } from "../limits/time-slots.ts";
import type { EvictionReason } from "../telemetry/eviction-recorder.ts";

export const CLOSED = 0;
export const OPEN = 1;
export const PROBING = 2;
export const SLOW_START = 3;
export type BreakerState = typeof CLOSED | typeof OPEN | typeof PROBING | typeof SLOW_START;
export const BREAKER_STATE_NAMES = ["closed", "open", "probing", "slow-start"] as const;

const WINDOW_SLOTS = 10;
/** Doubling more often than this only overflows. */
const LEVEL_MAX = 30;

export class Breaker {
  #settings: BreakerSettings;
  #successes: TimeSlots | null;
  #failures: TimeSlots | null;
  #state: BreakerState = CLOSED;
  #reason: EvictionReason | null = null;
  #sinceMs: number;
  #consecutive = 0;
  /** When it may be probed; when slow start is over. */
  #untilMs = 0;
  /** How often the time out was doubled. */
  #level = 0;
  #lastOutMs = 0;
  /** Until when it was last to be spared, because it could not be out. */
  #heldUntilMs = 0;
  /** Its place in the schedule of probes; -1 when it is not there. The schedule's business. */
  scheduleIndex = -1;

  constructor(settings: BreakerSettings, nowMs: number) {
    this.#settings = settings;
    this.#sinceMs = nowMs;
    this.#successes = createWindow(settings, null);
    this.#failures = createWindow(settings, null);
  }

  /** It is judged by others from now on; what it did stays on record, and out it stays. */
  reconfigure(settings: BreakerSettings, nowMs: number): void {
    this.#settings = settings;
    this.#successes = createWindow(settings, this.#successes);
    this.#failures = createWindow(settings, this.#failures);
    if (this.#state === OPEN)
      this.#untilMs = Math.min(this.#untilMs, nowMs + settings.backoff.maxMs);
  }

  /** Why it was last evicted, or is penalised; null when it never was, or all is well again. */
  get reason(): EvictionReason | null {
    return this.#reason;
  }

  /** When it came into its state. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** When OPEN: from when on it may be probed. */
  get probeDueMs(): number {
    return this.#untilMs;
  }

  get consecutiveFailures(): number {
    return this.#consecutive;
  }

  state(nowMs: number): BreakerState {
    if (this.#state === SLOW_START && nowMs >= this.#untilMs) {
      this.#enter(CLOSED, this.#untilMs);
      this.#reason = null;
    }
    return this.#state;
  }

  /** A request that was sent as usual succeeded. */
  onSuccess(nowMs: number): void {
    // Answers to what was sent before it was evicted say nothing new.
    if (this.#state === OPEN || this.#state === PROBING) return;
    this.#consecutive = 0;
    this.#successes?.add(nowMs, 1);
  }

  /** A request that was sent as usual failed. */
  onFailure(nowMs: number): void {
    if (this.#state === OPEN || this.#state === PROBING) return;
    this.#consecutive += 1;
    this.#failures?.add(nowMs, 1);
  }

  /** Why it should be evicted by what was counted; null when it should not. */
  verdict(nowMs: number): EvictionReason | null {
    const { consecutiveFailures, successRateMin, requestsMin } = this.#settings;
    if (consecutiveFailures > 0 && this.#consecutive >= consecutiveFailures) {
      return "consecutive-failures";
    }
    if (this.#successes === null || this.#failures === null) return null;
    const failures = this.#failures.total(nowMs);
    const requests = failures + this.#successes.total(nowMs);
    if (failures === 0 || requests < requestsMin) return null;
    return requests - failures < successRateMin * requests ? "success-rate" : null;
  }

  /** It is out from now on. */
  open(nowMs: number, reason: EvictionReason, random: Random): void {
    this.#lengthen(this.#state === PROBING ? 0 : nowMs - this.#sinceMs, random);
    this.#untilMs = nowMs + this.#lastOutMs;
    this.#reason = reason;
    this.#consecutive = 0;
    this.#successes?.clear();
    this.#failures?.clear();
    this.#enter(OPEN, nowMs);
  }

  /** It should be out and must stay. Gives back until when it is to be spared what it can be. */
  hold(nowMs: number, reason: EvictionReason, random: Random): number {
    this.#lengthen(Math.max(0, nowMs - this.#heldUntilMs), random);
    this.#heldUntilMs = nowMs + this.#lastOutMs;
    this.#reason = reason;
    return this.#heldUntilMs;
  }

  /** It is well again, and was never out. */
  release(): void {
    this.#reason = null;
  }

  beginProbe(nowMs: number): void {
    this.#enter(PROBING, nowMs);
  }

  onProbeSuccess(nowMs: number, slowStartMs: number): void {
    this.#untilMs = nowMs + slowStartMs;
    if (slowStartMs === 0) this.#reason = null;
    this.#enter(slowStartMs > 0 ? SLOW_START : CLOSED, nowMs);
  }

  /**
   * The probe told nothing: its caller went away. Another follows after as long again, since who
   * goes away has perhaps waited in vain, and the next one might too.
   */
  abandonProbe(nowMs: number): void {
    this.#untilMs = nowMs + this.#lastOutMs;
    this.#enter(OPEN, nowMs);
  }

  /** It is needed again, whatever is known of it. */
  readmit(nowMs: number): void {
    this.#enter(CLOSED, nowMs);
  }

  /** How long it is out this time, after it was well for so long. */
  #lengthen(wellMs: number, random: Random): void {
    if (this.#lastOutMs > 0) {
      // The longer it was well since, the less its past counts.
      this.#level = Math.max(0, this.#level - Math.floor(wellMs / this.#lastOutMs));
    }
    const { baseMs, maxMs, jitter } = this.#settings.backoff;
    // Jitter goes upwards, and the longest time leaves room for it.
    const outMs = Math.min(baseMs * 2 ** this.#level, maxMs / (1 + jitter));
    this.#lastOutMs = outMs * (1 + jitter * random.nextFloat());
    this.#level = Math.min(LEVEL_MAX, this.#level + 1);
  }

  #enter(state: BreakerState, nowMs: number): void {
    this.#state = state;
    this.#sinceMs = nowMs;
  }
}

/** Null where nothing is counted. What was counted over another time is taken over. */
function createWindow(settings: BreakerSettings, before: TimeSlots | null): TimeSlots | null {
  if (settings.successRateMin === 0) return null;
  const made = new TimeSlots(WINDOW_SLOTS, settings.windowMs / WINDOW_SLOTS);
  before?.forEach((startMs, _, count) => {
    made.add(startMs, count);
  });
  return made;
}
