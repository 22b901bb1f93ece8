import type { UnenforcedFields } from "../note-unenforced.ts";

/** Fields of a policy that are accepted, and that nothing acts on yet. */
export const POLICY_UNENFORCED: UnenforcedFields = [
  "retryOn[]!=connect-failure",
  "methods",
  "idempotencyKeyHeader",
  "perTryTimeout",
  "backoff",
  "budget",
  "bodyLimit",
  "retryAfterMax",
  "hedge",
];
