/** Durations as Go and so Kubernetes users write them: `300ms`, `1h30m`, `1.5s`. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** The longest duration taken: past it, a timer would overflow and a typing error is likelier. */
export const DURATION_MAX_MS = 24 * 24 * 3_600_000;

/**
 * Milliseconds of a Go duration string (`time.ParseDuration`), without the sign: a negative
 * timeout means nothing. Undefined if the text is not one, or is longer than `DURATION_MAX_MS`.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  // No two parts of it can match the same digits: hostile texts would take quadratic time.
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
  let totalMs = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return undefined;
    totalMs += Number(found[1]) * (UNIT_MS[found[2] ?? ""] ?? Number.NaN);
  }
  return text === "" || totalMs > DURATION_MAX_MS ? undefined : totalMs;
}

/** The shortest exact text: 90000 is `1m30s`, 250 is `250ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Number(durationMs.toFixed(6))}ms`;
  const hours = Math.floor(durationMs / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const seconds = Number(((durationMs % 60_000) / 1000).toFixed(6));
  let text = hours > 0 ? `${hours}h` : "";
  if (minutes > 0) text += `${minutes}m`;
  if (seconds > 0 || text === "") text += `${seconds}s`;
  return text;
}
