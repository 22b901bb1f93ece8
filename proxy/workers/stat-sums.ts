/** What all workers have reported of their traffic, added up until the operator is told. */
import { STAT_ROWS_MAX, type StatReport, type StatRow } from "../../mesh/stat-report.ts";

interface Sum {
  readonly row: StatRow;
  requests: number;
  successes: number;
  retries: number;
  readonly latency: Map<number, number>;
}

export class StatSums {
  readonly #sums = new Map<string, Sum>();

  /** Rows beyond what one report may hold are dropped, as a single proxy drops them. */
  add({ rows }: StatReport): void {
    for (const row of rows) {
      const sum = this.#sumOf(row);
      if (sum === undefined) continue;
      sum.requests += row.requests;
      sum.successes += row.successes;
      sum.retries += row.retries;
      for (let at = 0; at + 1 < row.latency.length; at += 2) {
        const bucket = row.latency[at] as number;
        sum.latency.set(bucket, (sum.latency.get(bucket) ?? 0) + (row.latency[at + 1] as number));
      }
    }
  }

  /** Begins anew. */
  takeRows(): readonly StatRow[] {
    const rows = [...this.#sums.values()].map(({ row, requests, successes, retries, latency }) => {
      const pairs = [...latency].sort(([a], [b]) => a - b);
      return { ...row, requests, successes, retries, latency: pairs.flat() };
    });
    this.#sums.clear();
    return rows;
  }

  #sumOf(row: StatRow): Sum | undefined {
    const name = `${row.direction}\n${row.service}\n${row.route}\n${row.backend}`;
    let sum = this.#sums.get(name);
    if (sum === undefined && this.#sums.size < STAT_ROWS_MAX) {
      sum = { row, requests: 0, successes: 0, retries: 0, latency: new Map() };
      this.#sums.set(name, sum);
    }
    return sum;
  }
}
