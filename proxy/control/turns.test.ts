import { describe, expect, test } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { type Steps, Turns, WAITING_MAX } from "./turns.ts";

function* steps(name: string, count: number, log: string[]): Steps {
  for (let step = 1; step < count; step += 1) {
    log.push(`${name}${step}`);
    yield;
  }
  log.push(`${name}${count}`);
}

function setUp() {
  const timers = new ManualTimers();
  return { timers, turns: new Turns(timers), log: [] as string[] };
}

describe("work over turns", () => {
  test("of one step is done at once", () => {
    const { timers, turns, log } = setUp();
    turns.add(steps("a", 1, log));
    expect(log).toEqual(["a1"]);
    expect(turns.isIdle).toBe(true);
    expect(timers.pendingCount).toBe(0);
  });

  test("of several takes one step in each turn", () => {
    const { timers, turns, log } = setUp();
    turns.add(steps("a", 3, log));
    expect(log).toEqual(["a1"]);
    timers.advance(1);
    expect(log).toEqual(["a1", "a2", "a3"]);
    expect(turns.isIdle).toBe(true);
    expect(timers.pendingCount).toBe(0);
  });

  test("keeps its order, small work behind large", () => {
    const { timers, turns, log } = setUp();
    turns.add(steps("a", 2, log));
    turns.add(steps("b", 1, log));
    turns.add(steps("c", 2, log));
    expect(log).toEqual(["a1"]);
    timers.advance(1);
    expect(log).toEqual(["a1", "a2", "b1", "c1", "c2"]);
  });

  test("is done at once when somebody cannot wait", () => {
    const { timers, turns, log } = setUp();
    turns.add(steps("a", 3, log));
    turns.add(steps("b", 2, log));
    turns.finish();
    expect(log).toEqual(["a1", "a2", "a3", "b1", "b2"]);
    expect(timers.pendingCount).toBe(0);
  });

  test("is done at once when too much waits", () => {
    const { turns, log } = setUp();
    for (let index = 0; index <= WAITING_MAX; index += 1) turns.add(steps("a", 2, log));
    expect(turns.isIdle).toBe(true);
    expect(log).toHaveLength(2 * (WAITING_MAX + 1));
  });

  test("that was dropped is never taken up again, even by a step of its own", () => {
    const { timers, turns, log } = setUp();
    turns.add(steps("a", 3, log));
    turns.add(
      (function* (): Steps {
        yield;
        log.push("unreachable");
      })(),
    );
    turns.drop();
    timers.advance(10);
    expect(log).toEqual(["a1"]);
    turns.add(
      (function* (): Steps {
        yield;
        turns.drop();
        turns.add(steps("b", 2, log));
      })(),
    );
    timers.advance(10);
    expect(log).toEqual(["a1", "b1", "b2"]);
    expect(turns.isIdle).toBe(true);
  });
});
