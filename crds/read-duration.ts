/** Durations of manifests, to milliseconds. */
import { DURATION_MAX_MS, formatDuration, parseDuration } from "../base/duration.ts";
import type { Path } from "../base/shape.ts";
import type { ReadContext } from "./kind.ts";

/** `fallbackMs` when the field is absent, and when it is wrong, which is reported. */
export function readDuration(
  text: string | null | undefined,
  path: Path,
  context: ReadContext,
  fallbackMs: number,
): number {
  if (text === undefined || text === null) return fallbackMs;
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return durationMs;
  const longest = formatDuration(DURATION_MAX_MS);
  const message = `${JSON.stringify(text)} is not a duration, or longer than ${longest}`;
  context.error(path, "bad-duration", message, 'write for instance "300ms" or "1m30s"');
  return fallbackMs;
}

/** The same for a duration that must lie within bounds. */
export function readBoundedDuration(
  text: string | undefined,
  path: Path,
  context: ReadContext,
  bounds: { readonly minMs: number; readonly maxMs: number; readonly fallbackMs: number },
): number {
  const durationMs = readDuration(text, path, context, bounds.fallbackMs);
  if (durationMs >= bounds.minMs && durationMs <= bounds.maxMs) return durationMs;
  const range = `${formatDuration(bounds.minMs)} to ${formatDuration(bounds.maxMs)}`;
  context.error(path, "out-of-range", `must be ${range}, not ${formatDuration(durationMs)}`);
  return bounds.fallbackMs;
}

/**
 * Two durations of which the first must not be the longer one. An absent one gets its fallback, or
 * what the other is where that leaves no room.
 */
export function checkOrder<Low extends string, High extends string>(
  fields: { readonly [key in Low | High]?: string },
  low: Low,
  high: High,
  path: Path,
  context: ReadContext,
  [lowFallbackMs, highFallbackMs]: readonly [number, number] = [0, Number.POSITIVE_INFINITY],
): { readonly lowMs: number; readonly highMs: number } {
  const lowMs = readDuration(fields[low], { parent: path, key: low }, context, lowFallbackMs);
  const highPath = { parent: path, key: high };
  const highMs = readDuration(fields[high], highPath, context, highFallbackMs);
  if (lowMs <= highMs) return { lowMs, highMs };
  if (fields[high] === undefined) return { lowMs, highMs: lowMs };
  if (fields[low] === undefined) return { lowMs: highMs, highMs };
  context.error(highPath, "out-of-range", `${high} is below ${low}`);
  return { lowMs, highMs: lowMs };
}
