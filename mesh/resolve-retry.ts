/**
 * One retry policy for one route, out of all that speaks of it: the `RetryPolicy` that covers it,
 * and the route's own `isRetryable`.
 *
 * A policy decides everything that it says. What makes a try worth repeating it may leave to the
 * route: then a route that is retryable repeats what it counts as a failure, and any other route
 * only what was never sent. Without a policy a retryable route repeats its failures by itself, as
 * Linkerd's do, bounded by the budget; the cap on tries is ours.
 */
import type { ResponseClass } from "./destination.ts";
import type { PolicyRetry, RetryConditions } from "./intent.ts";
import { createResponseClassifier } from "./response-class.ts";
import { DEFAULT_RETRY, type Retry, type StatusRange } from "./retry.ts";

/** What a route says of itself. */
export interface RepeatableRoute {
  readonly isRetryable: boolean;
  readonly responseClasses: readonly ResponseClass[];
}

/** Somebody who speaks of the route, and their index among the destination's objects. */
export interface RetrySources {
  readonly policy: { readonly object: number; readonly retry: PolicyRetry } | null;
  /** Who wrote the route; -1 for the default route. */
  readonly routeObject: number;
}

/** What a policy means that says nothing. */
export const DEFAULT_POLICY_RETRY: PolicyRetry = {
  maxRetries: DEFAULT_RETRY.maxRetries,
  conditions: null,
  methods: DEFAULT_RETRY.methods,
  idempotencyKeyHeader: DEFAULT_RETRY.idempotencyKeyHeader,
  perTryTimeoutMs: DEFAULT_RETRY.perTryTimeoutMs,
  backoff: DEFAULT_RETRY.backoff,
  bodyBytesMax: DEFAULT_RETRY.bodyBytesMax,
  retryAfterMaxMs: DEFAULT_RETRY.retryAfterMaxMs,
  hedge: null,
};

/** Linkerd has no cap beside the budget. As many as a policy may ask for. */
export const ROUTE_RETRIES_MAX = 10;

export function resolveRetry(route: RepeatableRoute, { policy, routeObject }: RetrySources): Retry {
  const { isRetryable, responseClasses } = route;
  const ofRoute = isRetryable ? failuresOf(responseClasses) : null;
  if (policy !== null) {
    const { conditions, ...retry } = policy.retry;
    return {
      ...DEFAULT_RETRY,
      ...retry,
      ...(conditions ?? ofRoute),
      object: policy.object,
      isRetryable,
    };
  }
  if (ofRoute === null) return DEFAULT_RETRY;
  return {
    ...DEFAULT_RETRY,
    ...ofRoute,
    object: routeObject,
    maxRetries: ROUTE_RETRIES_MAX,
    isRetryable,
  };
}

/** UNKNOWN, DEADLINE_EXCEEDED, PERMISSION_DENIED, INTERNAL, UNAVAILABLE, DATA_LOSS: as Linkerd. */
const FAILED_GRPC_CODES: readonly number[] = [2, 4, 7, 13, 14, 15];

/** A gRPC answer is a 200, whatever came of the call. */
const GRPC_STATUS = 200;
const STATUS_MIN = 200;
const STATUS_MAX = 599;

function failuresOf(classes: readonly ResponseClass[]): RetryConditions {
  const classifier = createResponseClassifier(classes);
  const statuses: StatusRange[] = [];
  let min = 0;
  for (let status = STATUS_MIN; status <= STATUS_MAX + 1; status += 1) {
    const fails = status <= STATUS_MAX && classifier.isFailure(status);
    if (fails && min === 0) min = status;
    if (fails || min === 0) continue;
    statuses.push({ min, max: status - 1 });
    min = 0;
  }
  return {
    statuses,
    // Where a class speaks of the status itself, what is within the answer is not asked.
    grpcCodes: classifier.isDecided(GRPC_STATUS) ? [] : FAILED_GRPC_CODES,
    onReset: true,
    onRefusedStream: true,
    onPerTryTimeout: true,
  };
}
