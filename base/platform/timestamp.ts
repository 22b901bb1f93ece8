/** RFC 3339 in UTC with milliseconds: `2026-11-22T14:40:00.000Z`. Times beyond the calendar are 0. */
export function formatTimestamp(wallMs: number): string {
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? formatTimestamp(0) : date.toISOString();
}
