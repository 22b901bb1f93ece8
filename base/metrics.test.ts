import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "./clock.ts";
import { formatLabels, LABEL_CHARS_MAX, RELEASED_KEEP_MS } from "./metric-family.ts";
import { Metrics } from "./metrics.ts";

const labelUnit = fc.constantFrom(
  '"',
  "\\",
  "\n",
  "n",
  "é",
  "\ud83d\ude00",
  "\ud800",
  "}",
  ",",
  "=",
);

function createMetrics() {
  const clock = new ManualClock();
  const metrics = new Metrics({ clock });
  const expose = (): string => [...metrics.expose()].join("");
  return { clock, metrics, expose };
}

describe("families", () => {
  it("give the same slot for the same labels, whatever the values hold", () => {
    const { metrics } = createMetrics();
    const family = metrics.counter({ name: "request_total", help: "r", labels: ["a", "b"] });
    const slot = family.slot(["x", "y"]);
    slot.add(2);
    family.slot(["x", "y"]).add(1);
    expect(slot.value).toBe(3);
    expect(family.slot(['x","y', ""])).not.toBe(slot);
    expect(family.slot(["x,", "y"])).not.toBe(slot);
    expect(family.slot(["x", "y"])).toBe(slot);
  });

  it("never share a cell between series", () => {
    const { metrics } = createMetrics();
    const counters = metrics.counter({
      name: "a_total",
      help: "a",
      labels: ["n"],
      seriesMax: 4000,
    });
    const times = metrics.histogram({ name: "b_seconds", help: "b", labels: ["n"] });
    const slots = Array.from({ length: 3000 }, (_, index) => counters.slot([`${index}`]));
    const histograms = Array.from({ length: 50 }, (_, index) => times.slot([`${index}`]));
    for (const [index, slot] of slots.entries()) slot.add(index);
    for (const [index, histogram] of histograms.entries()) histogram.record(index);
    expect(slots.map((slot) => slot.value)).toEqual(slots.map((_, index) => index));
    expect(histograms.map((one) => one.sumMs)).toEqual(histograms.map((_, index) => index));
    expect(histograms.every((one) => one.count === 1)).toBe(true);
  });

  it("count beyond their limit as other, and say so", () => {
    const { metrics, expose } = createMetrics();
    const family = metrics.counter({ name: "r_total", help: "r", labels: ["s"], seriesMax: 2 });
    for (const name of ["a", "b", "c", "d"]) family.slot([name]).add(1);
    expect(expose()).toContain('r_total{s="other"} 2\n');
    expect(expose()).toContain('heddle_metrics_series_overflow_total{family="r_total"} 2\n');
    expect(expose()).not.toContain('s="c"');
  });

  it("keep a released series for a while, then remove it", () => {
    const { clock, metrics, expose } = createMetrics();
    const family = metrics.counter({ name: "r_total", help: "r", labels: ["s"] });
    const slot = family.slot(["a"]);
    slot.add(7);
    family.release(slot);
    clock.advance(RELEASED_KEEP_MS);
    expect(expose()).toContain('r_total{s="a"} 7\n');
    clock.advance(1);
    expect(expose()).not.toContain("r_total");
  });

  it("go on counting when one holder hands over to the next", () => {
    const { clock, metrics, expose } = createMetrics();
    const family = metrics.counter({ name: "r_total", help: "r", labels: ["s"] });
    const before = family.slot(["a"]);
    before.add(1);
    const after = family.slot(["a"]);
    family.release(before);
    clock.advance(RELEASED_KEEP_MS * 2);
    after.add(1);
    expect(expose()).toContain('r_total{s="a"} 2\n');
    family.release(after);
    const revived = family.slot(["a"]);
    clock.advance(RELEASED_KEEP_MS * 2);
    expect(revived.value).toBe(2);
    expect(expose()).toContain('r_total{s="a"} 2\n');
  });

  it("keep late writes to a removed series away from its successor", () => {
    const { metrics, expose } = createMetrics();
    const family = metrics.histogram({ name: "t_seconds", help: "t", labels: ["s"], seriesMax: 1 });
    const old = family.slot(["old"]);
    old.record(1);
    family.release(old);
    const next = family.slot(["next"]);
    old.record(1);
    family.release(old);
    expect(next.count).toBe(0);
    next.record(2);
    expect(expose()).toContain('t_seconds_count{s="next"} 1\n');
    expect(expose()).not.toContain("other");
  });

  it("cut label values that are too long", () => {
    const { metrics, expose } = createMetrics();
    metrics.counter({ name: "r_total", help: "r", labels: ["s"] }).slot(["x".repeat(9999)]);
    expect(expose()).toContain(`{s="${"x".repeat(LABEL_CHARS_MAX)}"}`);
  });

  it("refuse names that are wrong or taken", () => {
    const { metrics } = createMetrics();
    metrics.gauge({ name: "a", help: "a" });
    expect(() => metrics.observe({ name: "a", help: "", type: "gauge", read: () => {} })).toThrow();
    expect(() => metrics.counter({ name: "a-b", help: "" })).toThrow("no name for a metric");
    expect(() => metrics.counter({ name: "c", help: "", labels: ["é"] })).toThrow("a label");
  });
});

describe("exposition", () => {
  it("writes counters, gauges and what is read when asked", () => {
    const { metrics, expose } = createMetrics();
    metrics.counter({ name: "up_total", help: "Back\\slash\nand line." }).slot([]).add(1.5);
    metrics.gauge({ name: "open", help: "Open." }).slot([]).set(-3);
    metrics.observe({
      name: "age_seconds",
      help: "Age.",
      type: "gauge",
      labels: ["of"],
      read: (emit) => {
        emit(Number.POSITIVE_INFINITY, "a");
        emit(2, 'b"');
      },
    });
    expect(expose()).toBe(
      "# HELP up_total Back\\\\slash\\nand line.\n# TYPE up_total counter\nup_total 1.5\n" +
        "# HELP open Open.\n# TYPE open gauge\nopen -3\n" +
        '# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds{of="a"} +Inf\n' +
        'age_seconds{of="b\\""} 2\n',
    );
  });

  it("writes cumulative buckets in the family's unit", () => {
    const { metrics, expose } = createMetrics();
    const slow = metrics.histogram({ name: "a_seconds", help: "A.", labels: ["s"] }).slot(["x"]);
    const same = metrics.histogram({ name: "b_ms", help: "B.", unit: "ms" }).slot([]);
    for (const valueMs of [0.1, 3, 3.9, 1500, 1e9]) {
      slow.record(valueMs);
      same.record(valueMs);
    }
    const lines = expose().split("\n");
    expect(lines).toContain('a_seconds_bucket{s="x",le="0.000125"} 1');
    expect(lines).toContain('a_seconds_bucket{s="x",le="0.002"} 1');
    expect(lines).toContain('a_seconds_bucket{s="x",le="0.004"} 3');
    expect(lines).toContain('a_seconds_bucket{s="x",le="2.048"} 4');
    expect(lines).toContain('a_seconds_bucket{s="x",le="+Inf"} 5');
    expect(lines).toContain('a_seconds_count{s="x"} 5');
    expect(lines).toContain('b_ms_bucket{le="4"} 3');
    expect(lines).toContain("b_ms_sum 1000001507");
  });

  it("escapes any label value so that it reads back", () => {
    fc.assert(
      fc.property(fc.string({ unit: labelUnit, maxLength: 50 }), (value) => {
        const text = formatLabels(["l"], [value]);
        const quoted = /^l="((?:[^"\\\n]|\\["\\n])*)"$/.exec(text)?.[1];
        const back = quoted?.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
        expect(back).toBe(value.toWellFormed());
      }),
    );
  });

  it("holds no turn for long: 5,000 series come in small chunks", () => {
    const { metrics } = createMetrics();
    const family = metrics.counter({ name: "r_total", help: "r", labels: ["s"], seriesMax: 5000 });
    const times = metrics.histogram({ name: "t_seconds", help: "t", labels: ["s"] });
    for (let index = 0; index < 4000; index += 1) family.slot([`service-${index}.shop`]);
    for (let index = 0; index < 1000; index += 1) times.slot([`service-${index}.shop`]).record(1);
    const chunks = [...metrics.expose()];
    expect(chunks.length).toBeGreaterThan(20);
    // One histogram is the most that a chunk may exceed its size by.
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(20_000);
    expect(chunks.join("").match(/^r_total\{/gm)).toHaveLength(4000);
  });

  it("goes on when series come and go between two chunks", () => {
    const { metrics } = createMetrics();
    const family = metrics.counter({ name: "r_total", help: "r", labels: ["s"], seriesMax: 2000 });
    const slots = Array.from({ length: 2000 }, (_, index) => family.slot([`s-${index}`]));
    const chunks = metrics.expose();
    let text = chunks.next().value ?? "";
    for (const slot of slots.slice(-500)) family.release(slot);
    for (let index = 0; index < 500; index += 1) family.slot([`new-${index}`]);
    for (const chunk of chunks) text += chunk;
    const names = [...text.matchAll(/^r_total\{(.*)\}/gm)].map((found) => found[1]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(1500);
  });
});
