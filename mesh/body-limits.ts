/** How large the parts of one resource may be. What passes a bound is refused, and nothing else. */
import { DURATION_MAX_MS } from "../base/duration.ts";

export const BODY_LIMITS = {
  rulesMax: 10_000,
  backendsMax: 100,
  endpointSetsMax: 1000,
  objectsMax: 10_000,
  responseClassesMax: 100,
  retriesMax: 100,
  /** Ranges of statuses of one retry policy: every other one of all final statuses. */
  retryStatusesMax: 200,
  /** Methods that one retry policy may name. */
  retryMethodsMax: 64,
  hedgesMax: 8,
  /** What may be kept of one request's body, for another try or a copy. */
  bodyBytesMax: 16 * 1024 * 1024,
  headerEditsMax: 64,
  headerLengthMax: 8192,
  concurrencyMax: 1_000_000,
  /** Nodes of all matches of one destination together. */
  matchNodesMax: 200_000,
  endpointIdLengthMax: 512,
  identityLengthMax: 2048,
  latencyNumbersMax: 2000,
  durationMsMax: DURATION_MAX_MS,
} as const;
