/** Retry budgets, which profiles and policies spell differently. */
import type { Path } from "../base/shape.ts";
import { DEFAULT_RETRY_BUDGET, type RetryBudget } from "../mesh/retry.ts";
import type { ReadContext } from "./kind.ts";
import { readBoundedDuration } from "./read-duration.ts";

/** Linkerd's bounds: out of them it drops the budget, and here it is an error. */
const TTL_MIN_MS = 1000;
const TTL_MAX_MS = 60_000;

/** Linkerd takes up to four billion. No proxy ever sends as many as this. */
const RETRIES_PER_SECOND_MAX = 1_000_000;

/** More than a retry for each request is hardly meant: 20 is written for 20 %. */
const RATIO_PLAUSIBLE_MAX = 1;

/** `ratioKey`: how the kind calls the ratio. */
export function readRetryBudget(
  budget: {
    readonly ratio: number | undefined;
    readonly minRetriesPerSecond: number | undefined;
    readonly ttl: string | undefined;
  },
  path: Path,
  ratioKey: string,
  context: ReadContext,
): RetryBudget {
  const { ratio = DEFAULT_RETRY_BUDGET.ratio } = budget;
  if (ratio > RATIO_PLAUSIBLE_MAX) {
    const message = `allows ${ratio} retries for each request`;
    const hint = `where ${ratio} % are meant, write ${ratio / 100}`;
    context.warning({ parent: path, key: ratioKey }, "large-ratio", message, hint);
  }
  const bounds = {
    minMs: TTL_MIN_MS,
    maxMs: TTL_MAX_MS,
    fallbackMs: DEFAULT_RETRY_BUDGET.ttlMs,
  };
  return {
    ratio,
    minRetriesPerSecond: Math.min(
      budget.minRetriesPerSecond ?? DEFAULT_RETRY_BUDGET.minRetriesPerSecond,
      RETRIES_PER_SECOND_MAX,
    ),
    ttlMs: readBoundedDuration(budget.ttl, { parent: path, key: "ttl" }, context, bounds),
  };
}
