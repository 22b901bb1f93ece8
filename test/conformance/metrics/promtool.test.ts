/** Prometheus' own tool reads our exposition: it must find nothing to say about it. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../base/clock.ts";
import { Metrics } from "../../../base/metrics.ts";
import { readProcessFigures } from "../../../base/platform/process-figures.ts";
import { observeProcess } from "../../../base/process-metrics.ts";
import { findProgram } from "../../../tools/system-packages.ts";

const promtool = findProgram("promtool");

describe.skipIf(promtool === undefined)("promtool check metrics", () => {
  const check = (metrics: Metrics) =>
    spawnSync(promtool ?? "", ["check", "metrics"], {
      input: [...metrics.expose()].join(""),
      encoding: "utf8",
    });

  it("finds nothing in every kind of family, whatever the labels hold", () => {
    const metrics = new Metrics({ clock: new ManualClock() });
    observeProcess(metrics, readProcessFigures());
    const odd = 'quote " backslash \\ line\nbreak é \ud800';
    metrics
      .counter({ name: "heddle_odd_total", help: "Odd \\ \n text.", labels: ["l"] })
      .slot([odd]);
    metrics
      .gauge({ name: "heddle_open", help: "Open.", labels: ["l"] })
      .slot([odd])
      .set(1);
    const family = metrics.histogram({
      name: "heddle_wait_seconds",
      help: "Waits.",
      labels: ["l"],
      seriesMax: 1,
    });
    for (const valueMs of [0, 0.1, 5, 1e9]) family.slot(["a"]).record(valueMs);
    family.slot(["beyond the limit"]).record(1);
    const { status, stdout, stderr } = check(metrics);
    expect(`${stdout}${stderr}`).toBe("");
    expect(status).toBe(0);
  });
});
