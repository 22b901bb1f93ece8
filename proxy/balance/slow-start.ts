/**
 * How much of its share an endpoint gets that is new, or back from being evicted: little at first,
 * while its caches are cold and its code is not compiled, and all of it after a while.
 */

/** Nobody gets less: without any request nothing would ever warm up. */
export const SLOW_START_FLOOR = 0.1;

/** From the floor to 1, in a straight line over `windowMs`. */
export function slowStartFactor(sinceMs: number, windowMs: number, nowMs: number): number {
  const passedMs = nowMs - sinceMs;
  if (passedMs >= windowMs) return 1;
  return SLOW_START_FLOOR + (1 - SLOW_START_FLOOR) * Math.max(0, passedMs / windowMs);
}
