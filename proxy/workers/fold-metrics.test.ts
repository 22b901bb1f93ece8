import { describe, expect, it } from "vitest";
import { Metrics } from "../../base/metrics.ts";
import { ManualTimers } from "../../base/timers.ts";
import { foldMetrics } from "./fold-metrics.ts";

function page(declare: (metrics: Metrics) => void): string {
  const metrics = new Metrics({ clock: new ManualTimers().clock });
  declare(metrics);
  return [...metrics.expose()].join("");
}

const requests = (count: number, label: string, latencyMs: number): string =>
  page((metrics) => {
    const counter = metrics.counter({ name: "requests_total", help: "R.", labels: ["to"] });
    counter.slot([label]).add(count);
    metrics.histogram({ name: "latency_seconds", help: "L." }).slot([]).record(latencyMs);
  });

describe("metrics of several workers", () => {
  it("are added up, series by series and bucket by bucket", () => {
    const folded = foldMetrics("", [requests(3, "a b", 1), requests(4, "a b", 100)]);
    expect(folded).toContain('requests_total{to="a b"} 7\n');
    expect(folded).toContain('latency_seconds_bucket{le="0.002"} 1\n');
    expect(folded).toContain('latency_seconds_bucket{le="+Inf"} 2\n');
    expect(folded).toContain("latency_seconds_count 2\n");
    expect(folded.match(/# TYPE requests_total counter\n/g)).toHaveLength(1);
  });

  it("keep series that only one of them has, each in its family", () => {
    const folded = foldMetrics("", [requests(3, "a", 1), requests(4, "b", 1)]);
    const lines = folded.split("\n").filter((line) => line.startsWith("requests_total"));
    expect(lines).toEqual(['requests_total{to="a"} 3', 'requests_total{to="b"} 4']);
  });

  it("are not added where each tells of the same thing", () => {
    const known = (count: number): string =>
      page((metrics) => {
        const read = (emit: (value: number, state: string) => void): void => emit(count, "ready");
        metrics.observe({
          name: "heddle_endpoints",
          help: "E.",
          type: "gauge",
          labels: ["state"],
          read,
        });
      });
    expect(foldMetrics("", [known(2), known(5)])).toContain('heddle_endpoints{state="ready"} 5\n');
  });

  it("give way to what the main thread knows of the process, but for what both count", () => {
    const of = (cpu: number, refused: number): string =>
      page((metrics) => {
        metrics.observe({
          name: "process_cpu_seconds_total",
          help: "C.",
          type: "counter",
          read: (emit) => emit(cpu),
        });
        metrics.observe({
          name: "heddle_refused_connections_total",
          help: "R.",
          type: "counter",
          read: (emit) => emit(refused),
        });
      });
    const folded = foldMetrics(of(9, 1), [of(9, 2), of(9, 3)]);
    expect(folded).toContain("process_cpu_seconds_total 9\n");
    expect(folded).toContain("heddle_refused_connections_total 6\n");
  });
});
