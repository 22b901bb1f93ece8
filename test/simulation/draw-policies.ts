/**
 * How the services of one simulated history are configured, drawn from its seed: every policy that
 * a platform owner may write, in the ranges in which a short history can show what comes of it.
 * Plain data, as the snapshots themselves.
 */
import type { Random } from "../../base/random.ts";
import {
  BALANCER_POLICIES,
  type Balancer,
  type Breaker,
  DEFAULT_BALANCER,
  type HashKey,
} from "../../mesh/backend-settings.ts";
import { DEFAULT_RETRY, type Hedge, type Retry, type RetryBudget } from "../../mesh/retry.ts";
import {
  type Concurrency,
  DEFAULT_CONCURRENCY,
  type DelayFault,
  type RateLimit,
} from "../../mesh/route-behaviour.ts";

export interface ServicePolicies {
  readonly retry: Retry;
  readonly budget: RetryBudget;
  readonly balancer: Balancer;
  readonly breaker: Breaker | null;
  readonly concurrency: Concurrency;
  readonly rateLimit: RateLimit | null;
  readonly delay: DelayFault | null;
  /** Share of requests that are copied to the dark service. Zero: none. */
  readonly mirrorShare: number;
}

export const IDEMPOTENCY_KEY = "idempotency-key";
export const IMPORTANCE_HEADER = "x-importance";

/** Short, so that a history need not be long to show the mesh recovered. */
const BREAKER_BACKOFF = { baseMs: 500, maxMs: 4_000, jitter: 0.5 };

/** Draws from one source of randomness, in words. */
export class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random.nextFloat() * (most - least + 1));
  }

  share(least: number, most: number): number {
    return least + this.#random.nextFloat() * (most - least);
  }

  /** True once in so many. */
  onceIn(count: number): boolean {
    return this.#random.nextFloat() < 1 / count;
  }

  one<T>(of: readonly [T, ...T[]]): T {
    return of[Math.floor(this.#random.nextFloat() * of.length)] ?? of[0];
  }

  /** Some of the indexes below `count`: one, up to all. */
  some(count: number): readonly number[] {
    const share = this.#random.nextFloat();
    const all = Array.from({ length: count }, (_, index) => index);
    const some = all.filter(() => this.#random.nextFloat() < share);
    return some.length > 0 ? some : [this.whole(0, count - 1)];
  }
}

export function drawPolicies(draw: Draw): ServicePolicies {
  return {
    retry: drawRetry(draw),
    budget: {
      ratio: draw.share(0.05, 0.3),
      minRetriesPerSecond: draw.whole(0, 3),
      ttlMs: draw.whole(2_000, 10_000),
    },
    balancer: drawBalancer(draw),
    breaker: draw.onceIn(6) ? null : drawBreaker(draw),
    concurrency: draw.onceIn(3) ? drawConcurrency(draw) : DEFAULT_CONCURRENCY,
    rateLimit: draw.onceIn(8)
      ? { requestsPerSecond: draw.whole(20, 200), burst: draw.whole(5, 50), header: "" }
      : null,
    delay: draw.onceIn(8) ? { share: 0.1, minMs: 5, maxMs: draw.whole(5, 50) } : null,
    mirrorShare: draw.onceIn(4) ? draw.share(0.05, 1) : 0,
  };
}

function drawRetry(draw: Draw): Retry {
  return {
    ...DEFAULT_RETRY,
    maxRetries: draw.whole(0, 3),
    statuses: draw.one([[{ min: 500, max: 599 }], [{ min: 502, max: 504 }], []]),
    onReset: !draw.onceIn(3),
    onPerTryTimeout: !draw.onceIn(3),
    isRetryable: draw.onceIn(8),
    methods: draw.one([[], ["GET"], ["GET", "PUT"]]),
    idempotencyKeyHeader: draw.onceIn(3) ? IDEMPOTENCY_KEY : "",
    perTryTimeoutMs: draw.onceIn(3) ? draw.whole(250, 800) : 0,
    backoff: { baseMs: draw.whole(5, 50), maxMs: 250, jitter: draw.share(0, 1) },
    bodyBytesMax: draw.one([0, 1_024, 65_536]),
    retryAfterMaxMs: draw.one([0, 2_000]),
    hedge: draw.onceIn(3) ? drawHedge(draw) : null,
  };
}

function drawHedge(draw: Draw): Hedge {
  const max = draw.whole(1, 2);
  return draw.onceIn(2)
    ? { afterMs: draw.whole(10, 200), percentile: 0, max }
    : { afterMs: 0, percentile: draw.whole(50, 99), max };
}

function drawBalancer(draw: Draw): Balancer {
  const policy = draw.one(BALANCER_POLICIES);
  const keys: readonly [HashKey, HashKey] = [
    { kind: "header", name: "x-request-id" },
    { kind: "source" },
  ];
  return {
    ...DEFAULT_BALANCER,
    policy,
    decayMs: draw.whole(1_000, 10_000),
    hash: policy === "consistent-hash" ? draw.one(keys) : null,
    slowStartMs: draw.one([0, 0, 1_000]),
  };
}

function drawBreaker(draw: Draw): Breaker {
  return {
    consecutiveFailures: draw.one([0, 3, 5, 7]),
    successRateMin: draw.one([0, 0.5, 0.8]),
    windowMs: draw.whole(2_000, 10_000),
    requestsMin: draw.whole(5, 20),
    backoff: BREAKER_BACKOFF,
    evictedShareMax: draw.share(0.1, 1),
  };
}

function drawConcurrency(draw: Draw): Concurrency {
  return {
    limit: draw.whole(2, 40),
    queueLength: draw.one([0, 10, 50]),
    queueTimeoutMs: draw.one([0, 50, 500]),
    adaptive: draw.onceIn(2),
    importanceHeader: draw.onceIn(2) ? IMPORTANCE_HEADER : "",
  };
}
