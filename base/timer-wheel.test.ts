import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DELAY_TICKS_MAX,
  EXPIRIES_PER_TURN_MAX,
  TICK_MS,
  TimerWheel,
  WheelTimer,
} from "./timer-wheel.ts";
import { ManualTimers } from "./timers.ts";

/** What a timer may be late besides the tick: the platform's timers count whole milliseconds. */
const LATE_MAX_MS = TICK_MS + 1;

function createWheel() {
  const timers = new ManualTimers();
  const wheel = new TimerWheel({ clock: timers.clock, timers });
  const fired: number[] = [];
  const make = (onTimer: (timer: WheelTimer) => void = () => {}): WheelTimer =>
    new WheelTimer({
      onTimer: (timer) => {
        fired.push(timers.clock.nowMs());
        onTimer(timer);
      },
    });
  return { timers, wheel, fired, make };
}

describe("TimerWheel", () => {
  it.each([0, 1, 4, 100, 256, 1000, 10_000, 16_384, 3_600_000, 30 * 3_600_000])(
    "calls back %d ms later, never early and at most a tick late",
    (delayMs) => {
      for (const startMs of [0, 0.3, 255.9, 1_048_575.5]) {
        const { timers, wheel, fired, make } = createWheel();
        timers.advance(startMs);
        const dueMs = startMs + delayMs;
        wheel.schedule(make(), delayMs);
        timers.advance(delayMs + LATE_MAX_MS);
        expect(fired).toHaveLength(1);
        expect(fired[0]).toBeGreaterThanOrEqual(dueMs);
        expect(fired[0]).toBeLessThanOrEqual(dueMs + LATE_MAX_MS);
      }
    },
  );

  it("lets be heard first what came while the loop was held up", () => {
    const { timers, wheel, fired, make } = createWheel();
    const [answered, silent] = [make(), make()];
    wheel.schedule(answered, 100);
    wheel.schedule(silent, 100);
    // As for a process that gets no processor: then all that is due is late.
    timers.set(50, () => timers.clock.advance(2_000));
    // What the network brought is told after the timers of the turn.
    timers.set(100, () => wheel.cancel(answered));
    timers.advance(3_000);
    expect(fired).toEqual([2_050]);
    expect(silent.isScheduled).toBe(false);
  });

  it("waits for one turn alone, however long that takes", () => {
    const { timers, wheel, fired, make } = createWheel();
    wheel.schedule(make(), 10);
    const holdUp = () => timers.clock.advance(500);
    timers.set(5, holdUp);
    timers.set(12, holdUp);
    timers.advance(2_000);
    expect(fired).toEqual([1_005]);
    wheel.schedule(make(), 10);
    timers.advance(20);
    expect(fired[1]).toBeLessThanOrEqual(2_010 + LATE_MAX_MS);
  });

  it("arms nothing while it is empty, and one timer however many it holds", () => {
    const { timers, wheel, make } = createWheel();
    expect(timers.pendingCount).toBe(0);
    const all = Array.from({ length: 1000 }, () => make());
    for (const [index, timer] of all.entries()) wheel.schedule(timer, 10 + index * 7);
    expect(timers.pendingCount).toBe(1);
    expect(wheel.scheduledCount).toBe(1000);
    timers.advance(8000);
    expect(wheel.scheduledCount).toBe(0);
    expect(timers.pendingCount).toBe(0);
  });

  it("wakes at most once for timers that were cancelled", () => {
    const { timers, wheel, fired, make } = createWheel();
    const timer = make();
    let wakes = 0;
    const set = timers.set.bind(timers);
    timers.set = (delayMs, callback) => {
      wakes += 1;
      return set(delayMs, callback);
    };
    for (let request = 0; request < 500; request += 1) {
      wheel.schedule(timer, 10_000);
      timers.advance(1);
      wheel.cancel(timer);
    }
    expect(wakes).toBe(1);
    timers.advance(20_000);
    expect(fired).toEqual([]);
    expect(wakes).toBe(1);
    expect(timers.pendingCount).toBe(0);
  });

  it("wakes once for each level that a timer comes down", () => {
    for (let delayMs = 1; delayMs < 200_000_000; delayMs = Math.ceil(delayMs * 1.37)) {
      const { timers, wheel, fired, make } = createWheel();
      timers.advance(123.4);
      let wakes = 0;
      const set = timers.set.bind(timers);
      timers.set = (setMs, callback) => {
        wakes += 1;
        return set(setMs, callback);
      };
      wheel.schedule(make(), delayMs);
      timers.advance(delayMs + LATE_MAX_MS);
      expect(fired).toHaveLength(1);
      const days = Math.floor(delayMs / 86_400_000);
      expect(wakes).toBeLessThanOrEqual(
        Math.ceil(Math.log(delayMs + TICK_MS) / Math.log(64)) + 1 + days,
      );
    }
  });

  it("lets a callback schedule itself, cancel a neighbour and schedule others", () => {
    const { timers, wheel, fired, make } = createWheel();
    const log: string[] = [];
    const neighbour = make(() => log.push("neighbour"));
    const other = make(() => log.push("other"));
    let left = 3;
    const first = make((timer) => {
      log.push("first");
      wheel.cancel(neighbour);
      wheel.schedule(other, 50);
      left -= 1;
      if (left > 0) wheel.schedule(timer, 0);
    });
    wheel.schedule(first, 10);
    wheel.schedule(neighbour, 10);
    timers.advance(200);
    expect(log).toEqual(["first", "first", "first", "other"]);
    expect(fired).toHaveLength(4);
    expect(first.isScheduled).toBe(false);
  });

  it("gives the loop a turn after a bounded number of callbacks", () => {
    const { timers, wheel, fired, make } = createWheel();
    const count = EXPIRIES_PER_TURN_MAX * 3;
    const all = Array.from({ length: count }, () => make());
    for (const timer of all) wheel.schedule(timer, 10);
    let turns = 0;
    const set = timers.set.bind(timers);
    timers.set = (delayMs, callback) => {
      turns += 1;
      return set(delayMs, callback);
    };
    timers.advance(12);
    expect(fired).toHaveLength(count);
    expect(turns).toBeGreaterThanOrEqual(2);
  });

  it("still calls the others after one threw", () => {
    const { timers, wheel, fired, make } = createWheel();
    const bad = make(() => {
      throw new Error("a defect");
    });
    wheel.schedule(bad, 10);
    for (let index = 0; index < 3; index += 1) wheel.schedule(make(), 10);
    expect(() => timers.advance(12)).toThrow("a defect");
    timers.advance(TICK_MS);
    expect(fired).toHaveLength(4);
  });

  it("survives delays that are no delays", () => {
    const { timers, wheel, fired, make } = createWheel();
    for (const delayMs of [-5, Number.NaN, 0]) wheel.schedule(make(), delayMs);
    wheel.schedule(make(), Number.POSITIVE_INFINITY);
    timers.advance(LATE_MAX_MS);
    expect(fired).toHaveLength(3);
    timers.advance(DELAY_TICKS_MAX * TICK_MS + LATE_MAX_MS);
    expect(fired).toHaveLength(4);
  });

  it("forgets everything when it is stopped, and can be used again", () => {
    const { timers, wheel, fired, make } = createWheel();
    const timer = make();
    wheel.schedule(timer, 10);
    wheel.schedule(make(), 10_000);
    wheel.stop();
    expect([wheel.scheduledCount, timers.pendingCount, timer.isScheduled]).toEqual([0, 0, false]);
    wheel.schedule(timer, 10);
    timers.advance(50);
    expect(fired).toHaveLength(1);
  });

  it("keeps to the naive model over any run", () => {
    fc.assert(fc.property(runs, followsModel), { numRuns: 300 });
  });
});

type Step =
  | { readonly do: "schedule"; readonly which: number; readonly delayMs: number }
  | { readonly do: "cancel"; readonly which: number }
  | { readonly do: "advance"; readonly byMs: number }
  /** The loop is held: time passes and no timer of the platform's gets its turn. */
  | { readonly do: "hold"; readonly byMs: number };

const COUNT = 8;
const which = fc.nat(COUNT - 1);
const durationMs = fc.oneof(
  fc.nat(20),
  fc.nat(2000),
  fc.nat(100_000),
  fc.nat(8_000_000),
  fc.double({ min: 0, max: 70, noNaN: true }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("schedule" as const), which, delayMs: durationMs }),
  fc.record({ do: fc.constant("cancel" as const), which }),
  fc.record({ do: fc.constant("advance" as const), byMs: durationMs }),
  fc.record({ do: fc.constant("hold" as const), byMs: durationMs }),
);
/** What the callbacks do, taken in turn: nothing for `advance`. */
const runs = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 60 }),
  callbacks: fc.array(step, { maxLength: 20 }),
});

/** The model: a timer is due at one time or not scheduled; it fires within its bounds. */
function followsModel(run: { readonly steps: readonly Step[]; readonly callbacks: Step[] }): void {
  const timers = new ManualTimers();
  const { clock } = timers;
  const wheel = new TimerWheel({ clock, timers });
  const due: (number | undefined)[] = new Array(COUNT).fill(undefined);
  const callbacks = [...run.callbacks];
  const all = due.map((_, index) => new WheelTimer({ onTimer: () => onTimer(index) }));
  let heldUntilMs = 0;
  const latestMs = (dueMs: number): number => Math.max(dueMs, heldUntilMs) + LATE_MAX_MS + TICK_MS;
  const at = (index: number): WheelTimer => all[index] as WheelTimer;
  const act = (one: Step): void => {
    if (one.do === "schedule") {
      due[one.which] = clock.nowMs() + one.delayMs;
      wheel.schedule(at(one.which), one.delayMs);
    } else if (one.do === "cancel") {
      due[one.which] = undefined;
      wheel.cancel(at(one.which));
    } else if (one.do === "hold") {
      clock.advance(one.byMs);
      heldUntilMs = clock.nowMs();
    }
  };
  const onTimer = (index: number): void => {
    const dueMs = due[index];
    expect(dueMs).toBeDefined();
    expect(clock.nowMs()).toBeGreaterThanOrEqual((dueMs ?? 0) - 1e-6);
    expect(clock.nowMs()).toBeLessThanOrEqual(latestMs(dueMs ?? 0));
    due[index] = undefined;
    const next = callbacks.shift();
    if (next !== undefined) act(next);
  };
  for (const one of run.steps) {
    if (one.do === "advance") timers.advance(one.byMs);
    else act(one);
    expect(all.map((timer) => timer.isScheduled)).toEqual(due.map((dueMs) => dueMs !== undefined));
    for (const dueMs of due) {
      if (dueMs !== undefined) expect(latestMs(dueMs)).toBeGreaterThan(clock.nowMs());
    }
    expect(timers.pendingCount).toBeLessThanOrEqual(1);
  }
  timers.advance(40_000_000);
  expect([wheel.scheduledCount, timers.pendingCount]).toEqual([0, 0]);
}
