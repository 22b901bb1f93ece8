import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Histogram } from "../../base/histogram.ts";
import type { StatRow } from "../../mesh/stat-report.ts";
import type { SessionInfo } from "../publish/resources.ts";
import { addSparse } from "./add-sparse.ts";
import { STAT_SLOT_ROWS_MAX, StatStore } from "./stat-store.ts";

function row(fields: Partial<StatRow> = {}, latenciesMs: readonly number[] = []): StatRow {
  const histogram = new Histogram();
  for (const latencyMs of latenciesMs) histogram.record(latencyMs);
  return {
    direction: "outbound",
    service: "svc/shop/web:80",
    route: "",
    backend: "svc/shop/web:80",
    requests: 10,
    successes: 9,
    retries: 1,
    latency: histogram.toSparse(),
    ...fields,
  };
}

const SESSION: SessionInfo = {
  id: "s1",
  proxyName: "web-1",
  proxyVersion: "1",
  namespace: "shop",
  identity: null,
  features: [],
  remote: "127.0.0.1:40000",
};

function createStore() {
  const clock = new ManualClock(1_000_000);
  const store = new StatStore({ clock });
  const report = (...rows: readonly StatRow[]): void => {
    store.reported(SESSION, { windowMs: 10_000, rows });
  };
  return { clock, store, report };
}

describe("asking", () => {
  it("gives nothing before the first report", () => {
    expect(createStore().store.query(60_000, "route").rows).toEqual([]);
  });

  it("adds up proxies and intervals", () => {
    const { clock, store, report } = createStore();
    for (let n = 0; n < 6; n++) {
      report(row({}, [10, 10, 10]));
      report(row({}, [100]));
      clock.advance(10_000);
    }
    clock.advance(-10_000);
    const { windowMs, rows } = store.query(60_000, "route");
    expect(rows).toMatchObject([{ requests: 120, successes: 108, retries: 12 }]);
    expect(windowMs).toBe(60_000);
    expect(rows[0]?.rps).toBeCloseTo(2);
    expect(rows[0]?.p50Ms).toBeGreaterThan(9);
    expect(rows[0]?.p50Ms).toBeLessThan(11);
    expect(rows[0]?.p99Ms).toBeGreaterThan(90);
  });

  it("divides by the time that was covered, not by the time that was asked for", () => {
    const { clock, store, report } = createStore();
    report(row({ requests: 100 }));
    clock.advance(5_000);
    const { windowMs, rows } = store.query(60_000, "route");
    expect(windowMs).toBe(10_000);
    expect(rows[0]?.rps).toBeCloseTo(10);
  });

  it("forgets what is older than the window, and finally all", () => {
    const { clock, store, report } = createStore();
    report(row());
    clock.advance(120_000);
    report(row({ requests: 1, successes: 1, retries: 0 }));
    expect(store.query(60_000, "route").rows).toMatchObject([{ requests: 1 }]);
    expect(store.query(300_000, "route").rows).toMatchObject([{ requests: 11 }]);
    clock.advance(700_000);
    report();
    expect(store.query(600_000, "route").rows).toEqual([]);
  });

  it("tells rows apart as it is asked to, the busiest first", () => {
    const { store, report } = createStore();
    const a = { route: "a", backend: "svc/shop/v1:80" };
    report(row(a), row({ ...a, backend: "svc/shop/v2:80" }), row({ route: "b", requests: 50 }));
    const shown = (by: "service" | "route" | "backend") =>
      store
        .query(60_000, by)
        .rows.map(({ route, backend, requests }) => `${route} ${backend} ${requests}`);
    expect(shown("service")).toEqual(["  70"]);
    expect(shown("route")).toEqual(["b  50", "a  20"]);
    expect(shown("backend")).toEqual([
      "b svc/shop/web:80 50",
      "a svc/shop/v1:80 10",
      "a svc/shop/v2:80 10",
    ]);
  });

  it("keeps a bounded number of rows and loses no request", () => {
    const { store, report } = createStore();
    for (let n = 0; n < 3 * STAT_SLOT_ROWS_MAX; n++) report(row({ route: `r${n}` }));
    const { rows } = store.query(60_000, "route");
    expect(rows).toHaveLength(STAT_SLOT_ROWS_MAX + 1);
    expect(rows[0]).toMatchObject({ service: "other", requests: 20 * STAT_SLOT_ROWS_MAX });
  });
});

it("adds sparse histograms as whole ones add", () => {
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 50 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [left, right, both] = [new Histogram(), new Histogram(), new Histogram()];
      for (const value of a) left.record(value);
      for (const value of b) right.record(value);
      for (const value of [...a, ...b]) both.record(value);
      expect(addSparse(left.toSparse(), right.toSparse())).toEqual(both.toSparse());
    }),
  );
});
