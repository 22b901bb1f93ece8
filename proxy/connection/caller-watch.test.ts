import { describe, expect, it } from "vitest";
import { CallerWatch, DEFAULT_SERVER_TIMING as TIMING } from "./caller-watch.ts";

const watchFrom = (nowMs: number) => new CallerWatch(TIMING, nowMs);

describe("a head", () => {
  it("has its time from accept, and no byte of it buys more", () => {
    const watch = watchFrom(0);
    expect(watch.begin(false, 5_000)).toBe(true);
    expect(watch.begin(false, 9_000)).toBe(false);
    expect(watch.check(14_999, 0, false)).toBeNull();
    expect(watch.check(15_000, 0, false)?.code).toBe("head-timeout");
  });

  it("that never begins has its time too", () => {
    const watch = watchFrom(0);
    expect(watch.check(9_999, 0, false)).toBeNull();
    expect(watch.check(10_000, 0, false)?.code).toBe("head-timeout");
  });

  it("of a later request has its own time, after the idle time", () => {
    const watch = watchFrom(0);
    watch.idle(1_000);
    expect(watch.check(75_999, 0, false)).toBeNull();
    expect(watch.check(76_000, 0, false)?.code).toBe("head-timeout");
    watch.begin(false, 70_000);
    expect(watch.check(79_999, 0, false)).toBeNull();
    expect(watch.check(80_000, 0, false)?.code).toBe("head-timeout");
  });
});

describe("a body", () => {
  it("must move", () => {
    const watch = watchFrom(0);
    watch.begin(true, 0);
    expect(watch.check(1_000, 1e6, false)).toBeNull();
    expect(watch.check(30_999, 1e6, false)).toBeNull();
    expect(watch.check(31_000, 1e6, false)?.detail).toContain("nothing came");
  });

  it("must be fast enough over all, after a first while", () => {
    const watch = watchFrom(0);
    watch.begin(true, 0);
    let bytes = 0;
    for (let second = 1; second < 30; second += 1) {
      bytes += 10;
      expect(watch.check(second * 1_000, bytes, false)).toBeNull();
    }
    expect(watch.check(30_000, bytes + 10, false)?.detail).toContain("64 bytes a second");
  });

  it("is not blamed for a time in which it could not move", () => {
    const watch = watchFrom(0);
    watch.begin(true, 0);
    expect(watch.check(100_000, 1e7, true)).toBeNull();
    expect(watch.check(129_999, 1e7, false)).toBeNull();
  });

  it("that is whole makes way for the next request", () => {
    const watch = watchFrom(0);
    watch.begin(true, 0);
    watch.idle(5_000);
    expect(watch.check(79_999, 5, false)).toBeNull();
    expect(watch.check(80_000, 5, false)).not.toBeNull();
  });
});

describe("a reader", () => {
  it("is stuck when nothing went out for the idle time", () => {
    const watch = watchFrom(0);
    expect(watch.isReaderStuck(0, true, 100)).toBe(false);
    expect(watch.isReaderStuck(29_999, true, 100)).toBe(false);
    expect(watch.isReaderStuck(30_000, true, 100)).toBe(true);
  });

  it("is not while it takes something, or owes nothing", () => {
    const watch = watchFrom(0);
    watch.isReaderStuck(0, true, 100);
    expect(watch.isReaderStuck(60_000, true, 101)).toBe(false);
    expect(watch.isReaderStuck(120_000, false, 101)).toBe(false);
    expect(watch.isReaderStuck(149_000, true, 101)).toBe(false);
  });
});

describe("the next look", () => {
  it("is never later than what could be due, and never in the past", () => {
    const watch = watchFrom(0);
    expect(watch.nextCheckMs(4_000)).toBe(6_000);
    expect(watch.nextCheckMs(40_000)).toBe(0);
    watch.begin(true, 0);
    expect(watch.nextCheckMs(0)).toBeLessThanOrEqual(TIMING.bodyIdleTimeoutMs);
    watch.check(0, 0, true);
    expect(watch.nextCheckMs(0)).toBeGreaterThan(0);
  });
});
