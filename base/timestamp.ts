/** Times as people and other systems read them. */

/** RFC 3339 in UTC with milliseconds: `2026-11-22T14:40:00.000Z`. Beyond the calendar: 0. */
export function formatTimestamp(wallMs: number): string {
  // biome-ignore lint/style/noRestrictedGlobals: it formats a given time, it reads no clock
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? formatTimestamp(0) : date.toISOString();
}
