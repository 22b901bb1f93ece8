import { expect, test } from "vitest";
import { formatReport, formatTable } from "./report.ts";
import { replaceGenerated } from "./write-results.ts";

test("a table is aligned Markdown", () => {
  expect(formatTable(["", "a"], [["rows", "1.25"]])).toBe(
    "|      |    a |\n| ---- | ---: |\n| rows | 1.25 |\n",
  );
});

test("a report says what was not there and leaves its cells open", () => {
  const text = formatReport({
    when: "2026-01-01T00:00:00.000Z",
    commit: "abc",
    machine: {
      cpu: "Some CPU",
      coreCount: 2,
      memoryMb: 1,
      kernel: "6.1",
      arch: "x64",
      node: "v26",
      congestionControl: "cubic",
    },
    settings: { rounds: 3, durationS: 4, connections: 64, idleConnections: 1000, rate: 9000 },
    notes: ["the machine was busy"],
    absent: [{ name: "envoy", reason: "no python3\nsecond line" }],
    contenders: [
      {
        name: "heddle",
        version: "0.1.0",
        saturation: { cpuUsPerRequest: 21.04, requestsPerSecond: 47_000.4 },
        fixedRate: {
          cpuUsPerRequest: 30,
          requestsPerSecond: 9000,
          p50Us: 250,
          p99Us: 900,
          p999Us: 2000,
        },
      },
    ],
    direct: { cpuUsPerRequest: 5, requestsPerSecond: 9000, p50Us: 100, p99Us: 300, p999Us: 500 },
  });
  expect(text).toMatch(/CPU µs per request, saturated +\| +21\.0 \|/);
  expect(text).toMatch(/against nginx +\| +– \|/);
  expect(text).toMatch(/added latency p99, µs +\| +600 \|/);
  expect(text).toContain("- without envoy: no python3\n");
  expect(text).toContain("- the machine was busy\n");
  expect(text).not.toContain("second line");
});

test("only the generated part of a page is replaced", () => {
  const page = "top\n<!-- begin: make bench -->\nold\n<!-- end: make bench -->\nbottom\n";
  const changed = replaceGenerated(page, "make bench", "new");
  expect(changed).toContain("new");
  expect(changed).not.toContain("old");
  expect(changed.startsWith("top\n")).toBe(true);
  expect(changed.endsWith("bottom\n")).toBe(true);
  expect(replaceGenerated(changed, "make bench", "new")).toBe(changed);
  expect(() => replaceGenerated("no marks", "make bench", "new")).toThrow("marks");
});
