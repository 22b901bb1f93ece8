import type { UnenforcedFields } from "../note-unenforced.ts";

/** Fields of a profile that are accepted, and that nothing acts on yet. */
export const PROFILE_UNENFORCED: UnenforcedFields = [
  "routes[].isRetryable=true",
  "routes[].mirror",
  "routes[].faults",
  "routes[].headers",
  "routes[].rewrite",
  "routes[].rateLimit",
  "retryBudget",
  "opaquePorts",
  "loadBalancer.policy!=peak-ewma",
  "loadBalancer.hash",
  "loadBalancer.slowStart",
  "loadBalancer.zone",
  "loadBalancer.subset",
  "circuitBreaker",
  "concurrency",
  "discovery",
];
