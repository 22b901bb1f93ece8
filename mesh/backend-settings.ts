/**
 * How one backend is used: what belongs to who serves, and not to who was named. A backend takes
 * each group from its own service's profile, and where that says nothing from the apex's.
 */
import type { ServiceKey } from "./service-key.ts";

export interface BackendSettings {
  readonly service: ServiceKey;
  readonly balancer: Balancer;
  /** Null: nothing is evicted. */
  readonly breaker: Breaker | null;
  readonly discovery: Discovery;
  /** Absent: `any`. */
  readonly nodes?: NodePreference;
}

/**
 * What it means for an endpoint to be on the caller's own node: nothing; that it is taken as long
 * as there is one; or that no other is ever taken.
 */
export const NODE_PREFERENCES = ["any", "prefer", "only"] as const;
export type NodePreference = (typeof NODE_PREFERENCES)[number];

export const BALANCER_POLICIES = [
  "peak-ewma",
  "least-request",
  "round-robin",
  "random",
  "consistent-hash",
] as const;
export type BalancerPolicy = (typeof BALANCER_POLICIES)[number];

export interface Balancer {
  readonly policy: BalancerPolicy;
  /** Time in which an old observation loses 63 % of its weight. */
  readonly decayMs: number;
  /** What an endpoint that was never tried is taken to need. */
  readonly defaultRttMs: number;
  /** What `consistent-hash` hashes; null for the other policies. */
  readonly hash: HashKey | null;
  /** A new or returned endpoint gets its full share after this. Zero: at once. */
  readonly slowStartMs: number;
  readonly zone: "any" | "prefer" | "only";
  /** Endpoints that one proxy uses at most. Zero: all. */
  readonly subset: number;
}

export type HashKey =
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "cookie"; readonly name: string }
  | { readonly kind: "source" };

export interface Breaker {
  /** Failures in a row that evict. Zero: they do not. */
  readonly consecutiveFailures: number;
  /** Below this share of successes an endpoint is evicted. Zero: never. */
  readonly successRateMin: number;
  readonly windowMs: number;
  /** Fewer requests in the window say nothing. */
  readonly requestsMin: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number; readonly jitter: number };
  /** More than this share is never evicted, and never the last endpoint. */
  readonly evictedShareMax: number;
}

export interface Discovery {
  readonly trust: "advisory" | "strict";
  /** How long what discovery no longer tells may still be used, as `trust` allows. */
  readonly graceMs: number;
}

export const DEFAULT_BALANCER: Balancer = {
  policy: "peak-ewma",
  decayMs: 10_000,
  defaultRttMs: 30,
  hash: null,
  slowStartMs: 0,
  zone: "prefer",
  subset: 0,
};

export const DEFAULT_BREAKER: Breaker = {
  consecutiveFailures: 7,
  successRateMin: 0,
  windowMs: 10_000,
  requestsMin: 5,
  backoff: { baseMs: 1_000, maxMs: 60_000, jitter: 0.5 },
  evictedShareMax: 0.5,
};

export const DEFAULT_DISCOVERY: Discovery = { trust: "advisory", graceMs: 60_000 };
