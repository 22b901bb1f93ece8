import { describe, expect, it } from "vitest";
import { STAT_ROWS_MAX, type StatRow } from "../../mesh/stat-report.ts";
import { StatSums } from "./stat-sums.ts";

function row(route: string, requests: number, latency: readonly number[]): StatRow {
  const names = { direction: "outbound" as const, service: "svc/shop/web:80", backend: "" };
  return { ...names, route, requests, successes: requests - 1, retries: 1, latency };
}

describe("reports of several workers", () => {
  it("are added up row by row and bucket by bucket", () => {
    const sums = new StatSums();
    sums.add({ windowMs: 5, rows: [row("a", 3, [7, 2, 9, 1]), row("b", 1, [])] });
    sums.add({ windowMs: 5, rows: [row("a", 4, [3, 1, 7, 3])] });
    expect(sums.takeRows()).toEqual([
      { ...row("a", 7, [3, 1, 7, 5, 9, 1]), successes: 5, retries: 2 },
      row("b", 1, []),
    ]);
    expect(sums.takeRows()).toEqual([]);
  });

  it("stay within what one report may hold", () => {
    const sums = new StatSums();
    for (let index = 0; index < STAT_ROWS_MAX + 10; index += 1) {
      sums.add({ windowMs: 5, rows: [row(String(index), 1, [])] });
    }
    expect(sums.takeRows()).toHaveLength(STAT_ROWS_MAX);
  });
});
