import type { EndpointLoad } from "./peak-ewma.ts";

/**
 * Chooses an endpoint for one request. A picker never changes: when the endpoints do, a fresh one
 * takes its place.
 */
export interface Picker {
  /** How many endpoints it chooses from. */
  readonly size: number;
  /** Whether it could choose this one. For people, not for requests: takes time. */
  includes(load: EndpointLoad): boolean;
  /**
   * `avoid` is the endpoint that just failed this request: it is chosen only when there is no
   * other. Null when there is none at all.
   */
  pick(nowMs: number, avoid: EndpointLoad | null): EndpointLoad | null;
}
