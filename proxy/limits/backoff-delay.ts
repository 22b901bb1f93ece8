/**
 * How long to wait before a try. The pause doubles with each try, and most of it is left to
 * chance: callers that failed together must not come back together.
 */
import type { Random } from "../../base/random.ts";
import type { RetryBackoff } from "../../mesh/retry.ts";

/** Doubling more often than this only overflows. */
const DOUBLINGS_MAX = 30;

/** The pause before retry number `retry`, counted from 0. */
export function backoffDelayMs(settings: RetryBackoff, retry: number, random: Random): number {
  const doublings = Math.min(Math.max(retry, 0), DOUBLINGS_MAX);
  const ceilingMs = Math.min(settings.maxMs, settings.baseMs * 2 ** doublings);
  return ceilingMs * (1 - settings.jitter * random.nextFloat());
}
