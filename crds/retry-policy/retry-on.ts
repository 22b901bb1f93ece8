/** What a policy can name as a reason to try again. */
import type { Path } from "../../base/shape.ts";
import type { RetryConditions } from "../../mesh/intent.ts";
import type { StatusRange } from "../../mesh/retry.ts";
import type { ReadContext } from "../kind.ts";

/** gRPC's names of its codes, by the code. 0 is a success, and nothing to try again. */
const GRPC_CODES: readonly string[] = [
  "ok",
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

/** What can happen to a connection, and gRPC's codes. Statuses are written as numbers. */
export const RETRY_ON_WORDS: readonly string[] = [
  "connect-failure",
  "reset",
  "refused-stream",
  "per-try-timeout",
  ...GRPC_CODES.slice(1),
];

const STATUS_MIN = 100;
const STATUS_MAX = 599;
/** Below it answers are interim, RFC 9110 section 15.2. */
const FINAL_MIN = 200;

/**
 * The schema judges texts; numbers and the order of ranges are judged here. A failure to connect
 * and a refused stream left the request unsent, which is tried again whoever asks for it.
 */
export function readRetryOn(
  entries: readonly (number | string)[],
  path: Path,
  context: ReadContext,
): RetryConditions {
  const statuses: StatusRange[] = [];
  const grpcCodes = new Set<number>();
  for (const [index, entry] of entries.entries()) {
    const code = GRPC_CODES.indexOf(String(entry));
    if (code > 0) grpcCodes.add(code);
    const range = readStatuses(entry, { parent: path, key: index }, context);
    const isKnown = statuses.some(({ min, max }) => min === range?.min && max === range.max);
    if (range !== undefined && !isKnown) statuses.push(range);
  }
  return {
    statuses,
    grpcCodes: [...grpcCodes].sort((a, b) => a - b),
    onReset: entries.includes("reset"),
    onRefusedStream: true,
    onPerTryTimeout: entries.includes("per-try-timeout"),
  };
}

/** Undefined when the entry is no status, and when it is a wrong one, which is told. */
function readStatuses(
  entry: number | string,
  path: Path,
  context: ReadContext,
): StatusRange | undefined {
  const found = /^(\d)xx$|^(\d+)(?:-(\d+))?$/.exec(String(entry));
  if (found === null) {
    if (typeof entry === "number") refuseStatus(entry, path, context);
    return undefined;
  }
  const [, hundred, low, high = low] = found;
  const min = Number(hundred === undefined ? low : `${hundred}00`);
  const max = Number(hundred === undefined ? high : `${hundred}99`);
  if (min > max) context.error(path, "empty-range", `${min} is above ${max}`, "swap them");
  else if (min < STATUS_MIN || max > STATUS_MAX) refuseStatus(entry, path, context);
  else if (max < FINAL_MIN) {
    const message = "an answer below 200 is never the last one, and never tried again";
    context.warning(path, "unused", message, "take it away");
  }
  return { min, max };
}

function refuseStatus(entry: number | string, path: Path, context: ReadContext): void {
  context.error(path, "out-of-range", `must be a status of 100 to 599, not ${entry}`);
}
