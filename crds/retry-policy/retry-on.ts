/** What a policy can name as a reason to try again. */
import type { Path } from "../../base/shape.ts";
import type { ReadContext } from "../kind.ts";

/** What can happen to a connection, and gRPC's codes. Statuses are written as numbers. */
export const RETRY_ON_WORDS: readonly string[] = [
  "connect-failure",
  "reset",
  "refused-stream",
  "per-try-timeout",
  "cancelled",
  "unknown",
  "invalid-argument",
  "deadline-exceeded",
  "not-found",
  "already-exists",
  "permission-denied",
  "resource-exhausted",
  "failed-precondition",
  "aborted",
  "out-of-range",
  "unimplemented",
  "internal",
  "unavailable",
  "data-loss",
  "unauthenticated",
];

const STATUS_MIN = 100;
const STATUS_MAX = 599;

/** The schema judges texts; numbers and the order of ranges are judged here. */
export function checkRetryOn(
  entries: readonly (number | string)[],
  path: Path,
  context: ReadContext,
): void {
  for (const [index, entry] of entries.entries()) {
    const at = { parent: path, key: index };
    if (typeof entry === "number" && !isStatus(entry)) {
      context.error(at, "out-of-range", `must be a status of 100 to 599, not ${entry}`);
    }
    const range = /^(\d{3})-(\d{3})$/.exec(String(entry));
    if (range === null) continue;
    const [, first, last] = range.map(Number);
    if (first === undefined || last === undefined || first <= last) continue;
    context.error(at, "empty-range", `${first} is above ${last}`, "swap them");
  }
}

function isStatus(status: number): boolean {
  return Number.isInteger(status) && status >= STATUS_MIN && status <= STATUS_MAX;
}
