/**
 * How long an endpoint is likely to take, learnt from what it took: an exponentially weighted
 * moving average that jumps up at once and comes down slowly (as in Finagle and Linkerd), because
 * sending too much to an endpoint that got slow costs more than sending it too little for a while.
 *
 * An estimate also fades while nothing is learnt, so that an endpoint that was once slow is
 * tried again. Both fall with the same time constant, `decayMs`.
 *
 * What is compared is how long an *answer that is one* takes: where a share `f` of requests fails,
 * it takes `1 / (1 - f)` tries to get one, and so an endpoint that fails fast attracts nothing.
 */
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import type { Breaker } from "./breaker.ts";
import { slowStartFactor } from "./slow-start.ts";

export interface PeakEwmaOptions {
  /** Time in which an old observation loses 63 % of its weight. */
  readonly decayMs: number;
  /** What an endpoint that was never tried is taken to need. */
  readonly defaultRttMs: number;
}

/** What the endpoints of one backend share. */
export interface LoadGroup {
  /** Requests under way at all of them. */
  pending: number;
}

/** Share by which one outcome moves the share of failures. */
const FAILING_SHARE = 0.25;
/**
 * Below this share of failures nothing is held against it. Where only requests under way are
 * compared, the smallest rest would otherwise lose it every tie for minutes.
 */
const FORGIVEN_SHARE = 0.05;
/** Above this share it fails more often than not: after three failures in a row, for instance. */
const MOSTLY_SHARE = 0.5;
/** However often it fails, it is not thought worse than failing all but one time in so many. */
const TRIES_MAX = 1000;
/** How much worse an endpoint looks that should be evicted and must stay. */
const PENALTY = 1000;

/** What one proxy knows about the load of one endpoint. */
export class EndpointLoad {
  /** Replaced when discovery tells something new about it; its `id` stays. */
  endpoint: Endpoint;
  /** Gets no requests but probes. Set by `Eviction` alone. */
  evicted = false;
  /** Should be evicted, and stays because too many are. Set by `Eviction` alone. */
  penalised = false;
  /** From then on it is chosen as others are, to see if it is well. Set by `Eviction` alone. */
  penaltyEndsMs = Number.POSITIVE_INFINITY;
  /** It is one of those that `Eviction` counts. Set by it alone. */
  counted = false;
  /** Null where nothing is evicted. */
  breaker: Breaker | null = null;
  /** Its place among the candidates of the present picker. */
  position = -1;
  readonly #group: LoadGroup;
  #decayMs: number;
  #defaultRttMs: number;
  #pending = 0;
  #rttMs: number;
  #observedAtMs: number;
  /** Share of the last requests that failed, 0 to 1. */
  #failing = 0;
  /** Average weight of the set by this one's: what one request more means here. */
  #costPerPending = 1;
  #slowSinceMs = 0;
  /** 0: not in slow start. */
  #slowWindowMs = 0;

  constructor(
    endpoint: Endpoint,
    options: PeakEwmaOptions,
    nowMs: number,
    group: LoadGroup = { pending: 0 },
  ) {
    this.endpoint = endpoint;
    this.#group = group;
    this.#decayMs = options.decayMs;
    this.#defaultRttMs = options.defaultRttMs;
    this.#rttMs = options.defaultRttMs;
    this.#observedAtMs = nowMs;
  }

  /** From now on it learns by other numbers. What it knows stays as it stands now. */
  reconfigure({ decayMs, defaultRttMs }: PeakEwmaOptions, nowMs: number): void {
    const remaining = this.#remaining(nowMs);
    this.#rttMs *= remaining;
    this.#failing *= remaining;
    this.#observedAtMs = Math.max(this.#observedAtMs, nowMs);
    this.#decayMs = decayMs;
    this.#defaultRttMs = defaultRttMs;
  }

  /** Requests sent and not finished. */
  get pending(): number {
    return this.#pending;
  }

  /** Requests under way at all endpoints of its backend. */
  get groupPending(): number {
    return this.#group.pending;
  }

  /** Requests under way, each counted for less where the weight is more. */
  get weightedPending(): number {
    return this.#pending * this.#costPerPending;
  }

  /** Twice the average weight makes a pending request weigh half. */
  setRelativeWeight(ofAverage: number): void {
    this.#costPerPending = 1 / ofAverage;
  }

  start(): void {
    this.#pending += 1;
    this.#group.pending += 1;
  }

  /** The request is over, and this is how long its answer took to begin. */
  finish(nowMs: number, rttMs: number, failed: boolean): void {
    this.abandon();
    this.learn(nowMs, rttMs, failed);
  }

  /** What answered so, or failed, goes on being under way, or was ended already. */
  learn(nowMs: number, rttMs: number, failed: boolean): void {
    // Failing fast must not look like being fast.
    this.#observe(nowMs, failed ? Math.max(rttMs, this.#rttMs, this.#defaultRttMs) : rttMs);
    this.#failing += ((failed ? 1 : 0) - this.#failing) * FAILING_SHARE;
  }

  /** The request is over and says nothing about the endpoint: its caller went away. */
  abandon(): void {
    this.#pending -= 1;
    this.#group.pending -= 1;
  }

  /** The request was cancelled before its answer began: it would have taken longer than this. */
  cut(nowMs: number, soFarMs: number): void {
    this.abandon();
    if (soFarMs > this.rttMs(nowMs)) this.#observe(nowMs, soFarMs);
  }

  /** From now on it is new: its share grows over that time. */
  beginSlowStart(nowMs: number, windowMs: number): void {
    this.#slowSinceMs = nowMs;
    this.#slowWindowMs = windowMs;
  }

  /** Most of what it was sent lately has failed. Like all that is learnt, this fades. */
  isFailing(nowMs: number): boolean {
    return this.#failing * this.#remaining(nowMs) > MOSTLY_SHARE;
  }

  /** The estimate as it stands now. */
  rttMs(nowMs: number): number {
    return this.#rttMs * this.#remaining(nowMs);
  }

  /** What is compared when endpoints are chosen: lower is better. */
  load(nowMs: number): number {
    const remaining = this.#remaining(nowMs);
    return (this.#rttMs * remaining * (this.weightedPending + 1)) / this.#merit(nowMs, remaining);
  }

  /** The same where latency does not count: how much it has to do, and how well it does it. */
  demand(nowMs: number): number {
    return (this.weightedPending + 1) / this.merit(nowMs);
  }

  /** The share, 0 to 1, that it should have of what another in its place would get. */
  merit(nowMs: number): number {
    // Nearly always there is nothing to hold against it.
    if (this.#failing === 0 && this.#slowWindowMs === 0 && !this.penalised) return 1;
    return this.#merit(nowMs, this.#remaining(nowMs));
  }

  #merit(nowMs: number, remaining: number): number {
    const failing = this.#failing * remaining;
    let merit = failing < FORGIVEN_SHARE ? 1 : Math.max(1 - failing, 1 / TRIES_MAX);
    if (this.penalised && nowMs < this.penaltyEndsMs) merit /= PENALTY;
    if (this.#slowWindowMs > 0) {
      const factor = slowStartFactor(this.#slowSinceMs, this.#slowWindowMs, nowMs);
      if (factor === 1) this.#slowWindowMs = 0;
      merit *= factor;
    }
    return merit;
  }

  #observe(nowMs: number, rttMs: number): void {
    // Rising, the new value is all that counts; falling, the old one fades out.
    const above = Math.max(0, this.#rttMs - rttMs);
    const remaining = this.#remaining(nowMs);
    this.#rttMs = rttMs + above * remaining;
    this.#failing *= remaining;
    // Answers that end late may be told out of order.
    this.#observedAtMs = Math.max(this.#observedAtMs, nowMs);
  }

  /** Share of the last estimate that is left. */
  #remaining(nowMs: number): number {
    return Math.exp(Math.min(0, this.#observedAtMs - nowMs) / this.#decayMs);
  }
}
