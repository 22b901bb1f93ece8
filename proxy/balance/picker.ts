import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import type { EvictionTarget } from "./eviction.ts";
import type { EndpointLoad } from "./peak-ewma.ts";

/** The request has nothing to hash: where it goes is left to chance. */
export const NO_HASH = -1;

/**
 * Chooses an endpoint for one request. Its list never changes: when the endpoints do, a fresh
 * picker takes its place. Who of them is evicted it is told, and those it never chooses.
 */
export interface Picker extends EvictionTarget {
  /** How many endpoints it chooses from now, without those evicted. */
  readonly size: number;
  /** Whether it could choose this one. For people, not for requests. */
  includes(load: EndpointLoad): boolean;
  /**
   * `avoid` are those that failed this request before: one of them is chosen only when there is no
   * other, and then the one that failed longest ago. `hash`, an unsigned 32-bit integer, is for
   * those that keep equal requests together. Null when there is none at all.
   */
  pick(nowMs: number, avoid: FailedEndpoints | null, hash?: number): EndpointLoad | null;
}
