/**
 * Figures as people read them. The forms of the golden metrics (`100.00%`, `2.0rps`, `123ms`, `-`
 * for nothing measured) are those that Linkerd's tables taught their readers.
 */

export const NOTHING = "-";

/** A share from 0 to 1 as `99.95%`. Never rounds a failure away: 0.99999 is not `100.00%`. */
export function formatShare(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NOTHING;
  const hundredths = share >= 1 ? 10_000 : Math.min(9_999, Math.round(share * 10_000));
  return `${(hundredths / 100).toFixed(2)}%`;
}

/** Requests per second as `2.0rps`. */
export function formatRate(perSecond: number | null): string {
  return perSecond === null || !Number.isFinite(perSecond) ? NOTHING : `${perSecond.toFixed(1)}rps`;
}

/** A latency as `123ms`; below one millisecond `<1ms`, from ten seconds on `12.3s`. */
export function formatLatency(latencyMs: number | null): string {
  if (latencyMs === null || !Number.isFinite(latencyMs)) return NOTHING;
  if (latencyMs >= 10_000) return `${(latencyMs / 1000).toFixed(1)}s`;
  const rounded = Math.round(latencyMs);
  return rounded === 0 && latencyMs > 0 ? "<1ms" : `${rounded}ms`;
}

const AGE_STEPS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** How long ago, in its largest whole unit: `5s`, `3m`, `2h`, `8d`. */
export function formatAge(ageMs: number | null): string {
  if (ageMs === null || !Number.isFinite(ageMs)) return NOTHING;
  for (const [unit, unitMs] of AGE_STEPS) {
    if (ageMs >= unitMs) return `${Math.floor(ageMs / unitMs)}${unit}`;
  }
  return "0s";
}

/** `1 error`, `2 errors`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
