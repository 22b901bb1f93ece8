/**
 * How long an endpoint is likely to take, learnt from what it took: an exponentially weighted
 * moving average that jumps up at once and comes down slowly (as in Finagle and Linkerd), because
 * sending too much to an endpoint that got slow costs more than sending it too little for a while.
 *
 * An estimate also fades while nothing is learnt, so that an endpoint that was once slow is
 * tried again. Both fall with the same time constant, `decayMs`.
 */
import type { Endpoint } from "../../mesh/endpoint-set.ts";

export interface PeakEwmaOptions {
  /** Time in which an old observation loses 63 % of its weight. */
  readonly decayMs: number;
  /** What an endpoint that was never tried is taken to need. */
  readonly defaultRttMs: number;
}

/** What one proxy knows about the load of one endpoint. */
export class EndpointLoad {
  /** Replaced when discovery tells something new about it; its `id` stays. */
  endpoint: Endpoint;
  readonly #decayMs: number;
  readonly #defaultRttMs: number;
  #pending = 0;
  #rttMs: number;
  #observedAtMs: number;
  /** Average weight of the set by this one's: what one request more means here. */
  #costPerPending = 1;

  constructor(endpoint: Endpoint, options: PeakEwmaOptions, nowMs: number) {
    this.endpoint = endpoint;
    this.#decayMs = options.decayMs;
    this.#defaultRttMs = options.defaultRttMs;
    this.#rttMs = options.defaultRttMs;
    this.#observedAtMs = nowMs;
  }

  /** Requests sent and not finished. */
  get pending(): number {
    return this.#pending;
  }

  /** Twice the average weight makes a pending request weigh half. */
  setRelativeWeight(ofAverage: number): void {
    this.#costPerPending = 1 / ofAverage;
  }

  start(): void {
    this.#pending += 1;
  }

  /** The request is over, and this is how long its answer took to begin. */
  finish(nowMs: number, rttMs: number, failed: boolean): void {
    this.#pending -= 1;
    // Failing fast must not look like being fast.
    this.#observe(nowMs, failed ? Math.max(rttMs, this.#rttMs, this.#defaultRttMs) : rttMs);
  }

  /** The request is over and says nothing about the endpoint: its caller went away. */
  abandon(): void {
    this.#pending -= 1;
  }

  /** The estimate as it stands now. */
  rttMs(nowMs: number): number {
    return this.#rttMs * this.#remaining(nowMs);
  }

  /** What is compared when endpoints are chosen: lower is better. */
  load(nowMs: number): number {
    return this.rttMs(nowMs) * (this.#pending * this.#costPerPending + 1);
  }

  #observe(nowMs: number, rttMs: number): void {
    // Rising, the new value is all that counts; falling, the old one fades out.
    const above = Math.max(0, this.#rttMs - rttMs);
    this.#rttMs = rttMs + above * this.#remaining(nowMs);
    // Answers that end late may be told out of order.
    this.#observedAtMs = Math.max(this.#observedAtMs, nowMs);
  }

  /** Share of the last estimate that is left. */
  #remaining(nowMs: number): number {
    return Math.exp(Math.min(0, this.#observedAtMs - nowMs) / this.#decayMs);
  }
}
