/** How large the parts of one resource may be. What passes a bound is refused, and nothing else. */
import { DURATION_MAX_MS } from "../base/duration.ts";

export const BODY_LIMITS = {
  rulesMax: 10_000,
  backendsMax: 100,
  endpointSetsMax: 1000,
  objectsMax: 10_000,
  responseClassesMax: 100,
  retriesMax: 100,
  /** Nodes of all matches of one destination together. */
  matchNodesMax: 200_000,
  endpointIdLengthMax: 512,
  identityLengthMax: 2048,
  latencyNumbersMax: 2000,
  durationMsMax: DURATION_MAX_MS,
} as const;
