import { describe, expect, it } from "vitest";
import { RELEASED_KEEP_MS } from "../../base/metric-family.ts";
import { Metrics } from "../../base/metrics.ts";
import { ManualTimers } from "../../base/timers.ts";
import { STAT_ROWS_MAX } from "../../mesh/stat-report.ts";
import { service } from "../../test/harness/fake-table.ts";
import { rule } from "../../test/harness/running-proxy.ts";
import { OUTBOUND } from "../exchange/exchange.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { type RouteRecorder, RouteRecorders } from "./route-recorder.ts";

const timers = new ManualTimers();
const metrics = new Metrics({ clock: timers.clock });

function opened(recorders: RouteRecorders, count: number): readonly RouteRecorder[] {
  return Array.from({ length: count }, (_, index) =>
    recorders.open(OUTBOUND, service("web"), rule(`r${index}`, []), []),
  );
}

function count(all: readonly RouteRecorder[]): void {
  for (const one of all) one.record(sampleExchange().exchange);
}

describe("rows for the operator", () => {
  it("leave out nobody for ever where there are more than fit", () => {
    const recorders = new RouteRecorders(metrics);
    const all = opened(recorders, STAT_ROWS_MAX + 1);
    count(all);
    const routes = new Set(recorders.takeRows().map(({ route }) => route));
    expect(routes.size).toBe(STAT_ROWS_MAX);
    count(all);
    const [first] = recorders.takeRows();
    expect([routes.has(first?.route ?? ""), first?.requests]).toEqual([false, 2]);
    for (const one of all) one.close();
    recorders.takeRows();
    expect(recorders.takeRows()).toEqual([]);
    timers.advance(2 * RELEASED_KEEP_MS);
    expect([...metrics.expose()].join("")).not.toContain('rt_route="r0"');
  });
});
