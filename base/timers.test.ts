import { describe, expect, it } from "vitest";
import { ManualClock } from "./clock.ts";
import { ManualTimers } from "./timers.ts";

describe("ManualClock", () => {
  it("stands still until it is moved, and keeps both times in step", () => {
    const clock = new ManualClock(10, 1_700_000_000_000);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([10, 1_700_000_000_010]);
    clock.advance(2.5);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([12.5, 1_700_000_000_012.5]);
  });
});

describe("ManualTimers", () => {
  it("calls what is due in order of time, then of setting, at its own time", () => {
    const timers = new ManualTimers();
    const log: string[] = [];
    const note = (name: string) => () => log.push(`${name}@${timers.clock.nowMs()}`);
    timers.set(20, note("late"));
    timers.set(10, note("first"));
    timers.set(10, note("second"));
    timers.set(-5, note("at once"));
    timers.set(21, note("not yet"));
    timers.advance(20);
    expect(log).toEqual(["at once@0", "first@10", "second@10", "late@20"]);
    expect(timers.pendingCount).toBe(1);
    expect(timers.clock.nowMs()).toBe(20);
  });

  it("calls what a callback sets within the same advance, and not what it clears", () => {
    const timers = new ManualTimers();
    const log: string[] = [];
    const doomed = timers.set(15, () => log.push("doomed"));
    timers.set(10, () => {
      timers.clear(doomed);
      timers.set(5, () => log.push(`inner@${timers.clock.nowMs()}`));
    });
    timers.advance(30);
    timers.clear(doomed);
    expect(log).toEqual(["inner@15"]);
    expect(timers.pendingCount).toBe(0);
  });
});
