/**
 * What a proxy tells the operator about the traffic it saw since its last report, so that
 * `heddle stat` and the dashboard work with nothing else installed. Sums only, so that reports of
 * many proxies and many intervals add up; a report that is lost loses its interval and no more.
 */

export interface StatReport {
  /** How long a time the rows cover. */
  readonly windowMs: number;
  readonly rows: readonly StatRow[];
}

export interface StatRow {
  readonly direction: "outbound" | "inbound";
  /** Service key of the apex that was named, or `other`. */
  readonly service: string;
  /** Empty for the default route. */
  readonly route: string;
  /** Service key of the backend that was chosen; empty when none was. */
  readonly backend: string;
  readonly requests: number;
  /** Of `requests`, those whose answer was classified as success. */
  readonly successes: number;
  /** Tries beyond the first. */
  readonly retries: number;
  /** Whole-request latency: `[bucket, count, bucket, count …]`, buckets of `base/histogram.ts`. */
  readonly latency: readonly number[];
}

export const STAT_ROWS_MAX = 2_000;
