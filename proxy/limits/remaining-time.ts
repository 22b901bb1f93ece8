/**
 * How much time a caller still gives, from the headers that say so. Read on every request that
 * carries one, hence from the bytes, without a text or a regular expression in between. A value
 * that breaks its own rule counts as absent: a caller that cannot count loses its deadline, and
 * never shortens somebody else's.
 */

/** What an absent or unreadable value is. */
export const NO_DEADLINE = -1;

const DIGIT_0 = 48;
const DIGIT_9 = 57;
/** The gRPC protocol's bound of a TimeoutValue. */
const GRPC_DIGITS_MAX = 8;
/** 115 days in milliseconds; nobody waits longer, and sums stay exact. */
const HEDDLE_DIGITS_MAX = 10;

/**
 * Milliseconds of `grpc-timeout`: one to eight digits and a unit (`H M S m u n`), which may be a
 * fraction of a millisecond.
 */
export function parseGrpcTimeoutMs(bytes: Uint8Array, start: number, end: number): number {
  const unitMs = grpcUnitMs(end > start ? (bytes[end - 1] as number) : 0);
  const value = parseDigits(bytes, start, end - 1, GRPC_DIGITS_MAX);
  return unitMs === NO_DEADLINE || value === NO_DEADLINE ? NO_DEADLINE : value * unitMs;
}

/** Milliseconds of `heddle-deadline`: what remains, a whole number. */
export function parseDeadlineMs(bytes: Uint8Array, start: number, end: number): number {
  return parseDigits(bytes, start, end, HEDDLE_DIGITS_MAX);
}

/**
 * What to write into `heddle-deadline` when so much remains. Rounded down, so that the sum over
 * many hops is never longer than what the first caller gave; never below zero.
 */
export function deadlineValueMs(remainingMs: number): number {
  return remainingMs > 0 ? Math.min(Math.floor(remainingMs), 10 ** HEDDLE_DIGITS_MAX - 1) : 0;
}

/** What to write into `grpc-timeout`, in the finest unit of which eight digits are enough. */
export function formatGrpcTimeout(remainingMs: number): string {
  const wholeMs = remainingMs > 0 ? Math.floor(remainingMs) : 0;
  if (wholeMs < 1e8) return `${wholeMs}m`;
  return `${Math.min(Math.floor(wholeMs / 1000), 99_999_999)}S`;
}

function parseDigits(bytes: Uint8Array, start: number, end: number, digitsMax: number): number {
  if (end <= start || end - start > digitsMax) return NO_DEADLINE;
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const code = bytes[index] as number;
    if (code < DIGIT_0 || code > DIGIT_9) return NO_DEADLINE;
    value = value * 10 + (code - DIGIT_0);
  }
  return value;
}

function grpcUnitMs(code: number): number {
  switch (code) {
    case 72: // H
      return 3_600_000;
    case 77: // M
      return 60_000;
    case 83: // S
      return 1000;
    case 109: // m
      return 1;
    case 117: // u
      return 1e-3;
    case 110: // n
      return 1e-6;
    default:
      return NO_DEADLINE;
  }
}
