/**
 * What a proxy answers about how it would treat a request: the part of `explain.ts` that speaks
 * of the route that matched, with everything resolved and where it came from.
 */
import type { BackendSettings, Balancer } from "./backend-settings.ts";
import type { ObjectRef, Timeouts } from "./destination.ts";
import type { Retry, RetryBudget } from "./retry.ts";
import type { Concurrency, RouteBehaviour } from "./route-behaviour.ts";

export interface ExplainedPolicy {
  readonly timeouts: Timeouts;
  readonly retry: ExplainedRetry;
  readonly budget: RetryBudget;
  /** That of the first backend. Each one's own is in `backends`. */
  readonly balancer: Balancer;
  readonly behaviour: RouteBehaviour;
  readonly concurrency: Concurrency;
  /** One for each service that the request could go to, in the order of the split. */
  readonly backends: readonly BackendSettings[];
}

export interface ExplainedRetry extends Omit<Retry, "object"> {
  /** The policy or profile that set it; null for the mesh's default. */
  readonly object: ObjectRef | null;
  /** Whether this request may be sent again after it may have reached an application. */
  readonly mayRepeat: boolean;
}
