/** What the proxies of several operators reported, added up: each operator knows its own. */
import { Histogram } from "../../base/histogram.ts";
import type { StatEntry, StatsAnswer } from "../../mesh/operator-api.ts";

interface Sum {
  readonly first: StatEntry;
  readonly histogram: Histogram;
  requests: number;
  successes: number;
  retries: number;
  rps: number;
}

/** The longest time that any of them speaks about; `windowMs` where there is none. */
export function mergeStats(answers: readonly StatsAnswer[], windowMs: number): StatsAnswer {
  const [only, ...others] = answers;
  if (only !== undefined && others.length === 0) return only;
  const sums = new Map<string, Sum>();
  for (const { rows } of answers) for (const row of rows) add(sums, row);
  const longestMs = answers.reduce((most, one) => Math.max(most, one.windowMs), 0);
  return {
    windowMs: longestMs === 0 ? windowMs : longestMs,
    rows: [...sums.values()].map(toEntry),
  };
}

function add(sums: Map<string, Sum>, row: StatEntry): void {
  const key = `${row.direction} ${row.service} ${row.backend} ${row.route}`;
  let sum = sums.get(key);
  if (sum === undefined) {
    const zero = { requests: 0, successes: 0, retries: 0, rps: 0 };
    sum = { first: row, histogram: new Histogram(), ...zero };
    sums.set(key, sum);
  }
  sum.requests += row.requests;
  sum.successes += row.successes;
  sum.retries += row.retries;
  // Each replica counts in its own window: rates add up where requests in unlike windows do not.
  sum.rps += row.rps;
  sum.histogram.mergeSparse(row.latency ?? []);
}

function toEntry({ first, histogram, ...sums }: Sum): StatEntry {
  const quantile = (share: number): number | null => histogram.quantileMs(share) ?? null;
  return {
    ...first,
    ...sums,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    latency: histogram.toSparse(),
  };
}
