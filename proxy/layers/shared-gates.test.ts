/** Gates of several workers over one limit: the whole of it is used, and nobody waits in vain. */
import { beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { OUTCOME_SERVED } from "../limits/concurrency-limit.ts";
import { createLimitsMemory, PLACES_MAX, SharedLimits } from "../limits/shared-limits.ts";
import { PLACES_POLL_MS } from "../limits/shared-places.ts";
import { NORMAL } from "../limits/waiting-queue.ts";
import { ShedMetrics } from "../telemetry/shed-metrics.ts";
import { ConcurrencyGate, type GateUser, passOf } from "./concurrency-gate.ts";

const LIMIT = 4;
/** A poll, and what the wheel may be late. */
const SOON_MS = 2 * PLACES_POLL_MS;
const SETTINGS = { ...DEFAULT_CONCURRENCY, limit: LIMIT, queueLength: 100, queueTimeoutMs: 60_000 };

let timers: ManualTimers;
let memory: SharedArrayBuffer;

class Worker implements GateUser {
  readonly entered: Exchange[] = [];
  readonly inside: Exchange[] = [];
  readonly limits: SharedLimits;
  readonly gate: ConcurrencyGate;
  admittedCount = 0;

  constructor(index: number) {
    const { clock } = timers;
    this.limits = new SharedLimits({ index, count: 2, limits: memory });
    this.gate = new ConcurrencyGate(SETTINGS, {
      clock,
      wheel: new TimerWheel({ clock, timers }),
      random: createSeededRandom(index),
      metrics: new ShedMetrics(new Metrics({ clock })),
      labels: ["outbound", "shop", "web", "80"],
      shared: { limits: this.limits, name: "web" },
    });
  }

  enter(count: number): void {
    for (let entered = 0; entered < count; entered += 1) {
      const { exchange } = sampleExchange();
      this.entered.push(exchange);
      this.gate.enter(exchange, this, NORMAL);
    }
  }

  leave(count: number): void {
    for (const exchange of this.inside.splice(0, count)) {
      this.gate.leave(passOf(exchange), 1, timers.clock.nowMs(), OUTCOME_SERVED);
    }
  }

  admitted(exchange: Exchange): void {
    this.inside.push(exchange);
    this.admittedCount += 1;
  }

  refused(): void {
    throw new Error("there is room for all to wait");
  }
}

let one: Worker;
let other: Worker;

beforeEach(() => {
  timers = new ManualTimers();
  memory = createLimitsMemory(2, { low: 1, high: 2 });
  one = new Worker(0);
  other = new Worker(1);
});

describe("gates of two workers", () => {
  it("let in as many as one would, at whichever they come", () => {
    one.enter(3);
    other.enter(3);
    expect([one.inside.length, other.inside.length]).toEqual([3, 1]);
    expect([one.gate.limit + other.gate.limit, other.gate.waiting]).toEqual([LIMIT, 2]);
  });

  it("give what was freed at one to who waits at the other, soon", () => {
    one.enter(LIMIT);
    other.enter(2);
    one.leave(2);
    expect(other.inside).toHaveLength(0);
    timers.advance(SOON_MS);
    expect(other.inside).toHaveLength(2);
  });

  it("let no newcomer past those who wait, though a place was freed elsewhere", () => {
    one.enter(LIMIT);
    other.enter(1);
    const [first] = other.entered;
    one.leave(1);
    other.enter(1);
    timers.advance(SOON_MS);
    expect(other.inside).toEqual([first]);
  });

  it("let nobody wait at one while the other, always busy, keeps every place", () => {
    one.enter(50);
    other.enter(10);
    for (let turn = 0; turn < 10; turn += 1) {
      one.leave(1);
      timers.advance(SOON_MS);
      other.leave(1);
      timers.advance(SOON_MS);
    }
    expect(other.admittedCount).toBeGreaterThanOrEqual(8);
    expect(one.inside.length + other.inside.length).toBeLessThanOrEqual(LIMIT);
  });

  it("stop looking when nobody waits, and let the other have all", () => {
    one.enter(LIMIT);
    other.enter(1);
    one.leave(LIMIT);
    timers.advance(SOON_MS);
    other.leave(1);
    expect(timers.pendingCount).toBe(0);
    other.enter(LIMIT);
    expect(other.inside).toHaveLength(LIMIT);
  });

  it("take a new limit together, and count apart while they find it out", () => {
    one.enter(3);
    for (const { gate } of [one, other]) gate.reconfigure({ ...SETTINGS, limit: 6 });
    other.enter(9);
    expect([one.inside.length, other.inside.length]).toEqual([3, 3]);
    for (const { gate } of [one, other]) gate.reconfigure({ ...SETTINGS, limit: 2 });
    one.leave(3);
    timers.advance(SOON_MS);
    other.leave(2);
    timers.advance(SOON_MS);
    expect([one.inside.length, other.inside.length]).toEqual([0, 2]);
    other.gate.reconfigure({ ...SETTINGS, limit: 0, adaptive: true });
    // What is inside ends where it began.
    expect(other.inside.length).toBeGreaterThan(2);
    expect(one.gate.limit).toBe(1);
    other.leave(2);
    one.enter(2);
    expect(one.inside).toHaveLength(2);
  });

  it("hold their parts when the memory has no room, and count that", () => {
    const { limits } = one;
    for (let index = 0; index < 2 * PLACES_MAX; index += 1) limits.claimPlaces(`other ${index}`);
    const late = new Worker(0);
    // Its name has a place already; one that has none:
    expect(late.limits.refused).toBe(0);
    expect(limits.refused).toBeGreaterThanOrEqual(PLACES_MAX);
  });

  it("leave nothing behind when all of them have retired", () => {
    const mine = one.limits.claimPlaces("web");
    // Where the other one, which takes nothing, writes nothing.
    mine?.numbers.fill(0.25, 2, 3);
    mine?.release();
    one.enter(1);
    one.gate.retire();
    other.gate.retire();
    one.leave(1);
    expect([...(one.limits.claimPlaces("web")?.numbers ?? [])]).toEqual([0, 0, 0, 0]);
  });

  it("free their cell when they retire, but not under those who are inside", () => {
    one.enter(1);
    one.gate.retire();
    other.gate.retire();
    const again = new Worker(1);
    again.enter(LIMIT);
    expect(again.inside).toHaveLength(LIMIT - 1);
    one.leave(1);
    timers.advance(SOON_MS);
    expect(again.inside).toHaveLength(LIMIT);
  });
});
