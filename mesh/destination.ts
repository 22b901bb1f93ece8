/**
 * What a proxy knows about one service and port: an ordered list of rules, each a match and an
 * action. Made by the operator from every object that speaks about the service, immutable, and
 * named by its revision. Splits, profiles and policies do not exist below this point: they have
 * all been written into actions.
 */
import type { BackendSettings } from "./backend-settings.ts";
import type { Match } from "./match.ts";
import type { Retry, RetryBudget } from "./retry.ts";
import type { Concurrency, RouteBehaviour } from "./route-behaviour.ts";
import type { ServiceKey } from "./service-key.ts";

/** One object of the user's, at the generation that was read. */
export interface ObjectRef {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
}

export interface Destination {
  readonly service: ServiceKey;
  /** First match wins. The last matches everything, so that there is always an action. */
  readonly rules: readonly Rule[];
  /** Every object that had a part in this, named by index from rules and actions. */
  readonly objects: readonly ObjectRef[];
  /** Sets that the actions name, mirrors too, sorted. All must be there before this goes live. */
  readonly endpointSets: readonly ServiceKey[];
  /** One for each of `endpointSets`, in their order. */
  readonly backends: readonly BackendSettings[];
  /** One for all routes, however many there are. */
  readonly budget: RetryBudget;
  readonly concurrency: Concurrency;
}

export interface Rule {
  /** The route's name for metrics, logs and `explain`; empty for the default route. */
  readonly route: string;
  /** Index into `objects` of the object that wrote the rule; -1 for what the mesh adds itself. */
  readonly object: number;
  readonly match: Match;
  readonly action: Action;
}

export interface Action {
  /** Where it may go. Empty means that the rule answers `backend-invalid`. */
  readonly backends: readonly WeightedBackend[];
  /** Index into `objects` of the split that set the weights; -1 when it is the service itself. */
  readonly splitObject: number;
  readonly timeouts: Timeouts;
  readonly retry: Retry;
  readonly behaviour: RouteBehaviour;
  /** First match decides; none matching falls back on status 5xx being a failure. */
  readonly responseClasses: readonly ResponseClass[];
}

export interface WeightedBackend {
  readonly service: ServiceKey;
  /** A whole number, 1 to 1,000,000. Backends of weight zero are left out by the compiler. */
  readonly weight: number;
}

export const WEIGHT_MAX = 1_000_000;

/** Zero means none. */
export interface Timeouts {
  /** From the request's head to the end of the answer, over all tries. */
  readonly requestMs: number;
  /**
   * From the request's end to the final head of the answer, anew for each try; it ends the
   * exchange.
   */
  readonly responseMs: number;
  /** Between two movements of bytes, either way. */
  readonly idleMs: number;
}

export interface ResponseClass {
  readonly match: ResponseMatch;
  readonly isFailure: boolean;
}

export type ResponseMatch =
  | { readonly kind: "status"; readonly min: number; readonly max: number }
  | { readonly kind: "all"; readonly of: readonly ResponseMatch[] }
  | { readonly kind: "any"; readonly of: readonly ResponseMatch[] }
  | { readonly kind: "not"; readonly of: ResponseMatch };

export const DEFAULT_TIMEOUTS: Timeouts = { requestMs: 0, responseMs: 0, idleMs: 0 };
