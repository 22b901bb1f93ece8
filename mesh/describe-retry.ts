/** Retry conditions in words, the same in a table of objects and in an explanation. */
import type { RetryConditions } from "./intent.ts";

/** What is tried again beside what was never sent: `502-504, reset`. Empty when nothing is. */
export function describeConditions(conditions: RetryConditions): string {
  const { statuses, grpcCodes, onReset, onPerTryTimeout } = conditions;
  return [
    ...statuses.map(({ min, max }) => (min === max ? String(min) : `${min}-${max}`)),
    ...grpcCodes.map((code) => `grpc ${code}`),
    ...(onReset ? ["reset"] : []),
    ...(onPerTryTimeout ? ["per-try-timeout"] : []),
  ].join(", ");
}
