/** Times of Leases and Events: Kubernetes reads exactly six digits of a second there. */
import { formatTimestamp } from "../base/timestamp.ts";

/** RFC 3339 in UTC: `2026-11-22T14:40:00.000000Z`. */
export function microTime(wallMs: number): string {
  return formatTimestamp(wallMs).replace("Z", "000Z");
}
