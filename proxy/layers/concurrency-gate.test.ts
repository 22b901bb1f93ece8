import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../base/fault.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { type Concurrency, DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { type Exchange, NO_DEADLINE_MS } from "../exchange/exchange.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { OUTCOME_SERVED } from "../limits/concurrency-limit.ts";
import { createLimitsMemory, SharedLimits } from "../limits/shared-limits.ts";
import { SharedPlaces } from "../limits/shared-places.ts";
import { CRITICAL, type ImportanceLevel, NORMAL, SHEDDABLE } from "../limits/waiting-queue.ts";
import { ShedMetrics } from "../telemetry/shed-metrics.ts";
import {
  ConcurrencyGate,
  type GateUser,
  limitsConcurrency,
  passOf,
  QUEUE_TIMEOUT_DEFAULT_MS,
} from "./concurrency-gate.ts";

class Rig implements GateUser {
  readonly timers = new ManualTimers();
  readonly metrics = new Metrics({ clock: this.timers.clock });
  readonly inside = new Set<Exchange>();
  readonly faults = new Map<Exchange, Fault>();
  readonly gate: ConcurrencyGate;
  /** What an admitted exchange does at once. */
  atOnce: (exchange: Exchange) => void = () => {};

  constructor(settings: Partial<Concurrency>, limits: SharedLimits | null = null) {
    const { clock } = this.timers;
    this.gate = new ConcurrencyGate(concurrency(settings), {
      clock,
      wheel: new TimerWheel({ clock, timers: this.timers }),
      random: createSeededRandom(1),
      metrics: new ShedMetrics(this.metrics),
      labels: ["outbound", "shop", "web", "80"],
      shared: limits && { limits, name: "web" },
    });
  }

  enter(level: ImportanceLevel = NORMAL, deadlineMs = NO_DEADLINE_MS): Exchange {
    const { exchange } = sampleExchange(undefined, this.timers.clock.nowMs());
    exchange.deadlineMs = deadlineMs;
    this.gate.enter(exchange, this, level);
    return exchange;
  }

  leave(exchange: Exchange): void {
    this.inside.delete(exchange);
    this.gate.leave(passOf(exchange), 1, this.timers.clock.nowMs(), OUTCOME_SERVED);
  }

  admitted(exchange: Exchange): void {
    this.inside.add(exchange);
    this.atOnce(exchange);
  }

  refused(exchange: Exchange, fault: Fault): void {
    this.faults.set(exchange, fault);
  }

  /** What became of it, or that it waits. */
  fate(exchange: Exchange): string {
    if (this.inside.has(exchange)) return "in";
    return this.faults.get(exchange)?.detail ?? "waits";
  }
}

function concurrency(settings: Partial<Concurrency>): Concurrency {
  return { ...DEFAULT_CONCURRENCY, ...settings };
}

describe("a gate with a fixed limit", () => {
  it("admits up to it, lets others wait in order, and refuses the rest", () => {
    const rig = new Rig({ limit: 1, queueLength: 2 });
    const [first, second, third, fourth] = [rig.enter(), rig.enter(), rig.enter(), rig.enter()];
    const fates = (): string[] => [first, second, third, fourth].map((each) => rig.fate(each));
    expect(fates()).toEqual(["in", "waits", "waits", "queue-full"]);
    rig.leave(first);
    expect(fates()).toEqual(["waits", "in", "waits", "queue-full"]);
    rig.leave(second);
    expect(rig.fate(third)).toBe("in");
    expect(rig.gate).toMatchObject({ inFlight: 1, waiting: 0, limit: 1 });
  });

  it("says when to come back, in whole seconds that differ", () => {
    const rig = new Rig({ limit: 1 });
    rig.enter();
    const seconds = Array.from({ length: 50 }, () => rig.enter()).map((exchange) => {
      const fault = rig.faults.get(exchange);
      expect(fault).toMatchObject({ code: "overloaded", status: 503 });
      return fault?.answer.retryAfterSeconds ?? 0;
    });
    expect(new Set(seconds)).toEqual(new Set([1, 2]));
  });

  it("sends nobody away for long, however slow it has become", () => {
    const rig = new Rig({ limit: 1, queueLength: 90, queueTimeoutMs: 1_000_000 });
    const all = Array.from({ length: 90 }, () => rig.enter());
    for (const exchange of all.slice(0, 30)) {
      rig.timers.advance(9_000);
      rig.leave(exchange);
    }
    const refused = rig.enter(NORMAL, rig.timers.clock.nowMs() + 1_000);
    expect(rig.faults.get(refused)?.answer.retryAfterSeconds).toBe(30);
  });

  it("refuses who waited too long, at the time and not later", () => {
    const rig = new Rig({ limit: 1, queueLength: 9, queueTimeoutMs: 100 });
    rig.enter();
    const early = rig.enter();
    rig.timers.advance(60);
    const late = rig.enter();
    rig.timers.advance(36);
    expect(rig.fate(early)).toBe("waits");
    rig.timers.advance(8);
    expect([rig.fate(early), rig.fate(late)]).toEqual(["queue-timeout", "waits"]);
    rig.timers.advance(60);
    expect(rig.fate(late)).toBe("queue-timeout");
    expect(rig.timers.pendingCount).toBe(0);
  });

  it("does not hold the wait against the endpoint that is chosen then", () => {
    const rig = new Rig({ limit: 1, queueLength: 9 });
    const first = rig.enter();
    const second = rig.enter();
    rig.timers.advance(60);
    rig.leave(first);
    expect(second.resumedMs - second.startedMs).toBe(60);
    expect(first.resumedMs).toBe(first.startedMs);
  });

  it("lets nobody wait for ever when no time was set", () => {
    const rig = new Rig({ limit: 1, queueLength: 9 });
    rig.enter();
    const waits = rig.enter();
    rig.timers.advance(QUEUE_TIMEOUT_DEFAULT_MS + 8);
    expect(rig.fate(waits)).toBe("queue-timeout");
  });

  it("refuses at once who could not be served in time", () => {
    const rig = new Rig({ limit: 1, queueLength: 99, queueTimeoutMs: 10_000 });
    const all = Array.from({ length: 60 }, () => rig.enter());
    for (const exchange of all.slice(0, 40)) {
      rig.timers.advance(100);
      rig.leave(exchange);
    }
    // Nineteen wait, and each takes some 100 ms.
    const nowMs = rig.timers.clock.nowMs();
    expect(rig.fate(rig.enter(NORMAL, nowMs + 500))).toBe("no-time");
    expect(rig.fate(rig.enter(NORMAL, nowMs + 60_000))).toBe("waits");
    expect(rig.fate(rig.enter(CRITICAL, nowMs + 500))).toBe("waits");
  });

  it("sheds the least important first, and keeps room for the critical", () => {
    const rig = new Rig({ limit: 1, queueLength: 2 });
    rig.enter();
    const sheddable = [rig.enter(SHEDDABLE), rig.enter(SHEDDABLE)];
    const normal = [rig.enter(), rig.enter(), rig.enter()];
    const critical = Array.from({ length: 3 }, () => rig.enter(CRITICAL));
    expect(sheddable.map((each) => rig.fate(each))).toEqual(["displaced", "displaced"]);
    expect(normal.map((each) => rig.fate(each))).toEqual(["waits", "waits", "queue-full"]);
    expect(critical.map((each) => rig.fate(each))).toEqual(["waits", "waits", "waits"]);
  });

  it("lets the critical wait a moment even where nobody else may", () => {
    const rig = new Rig({ limit: 1 });
    const first = rig.enter();
    expect(rig.fate(rig.enter())).toBe("queue-full");
    const critical = rig.enter(CRITICAL);
    expect(rig.fate(critical)).toBe("waits");
    rig.leave(first);
    expect(rig.fate(critical)).toBe("in");
  });

  it("forgets who goes away while waiting", () => {
    const rig = new Rig({ limit: 1, queueLength: 2 });
    const first = rig.enter();
    const waits = rig.enter();
    expect(rig.gate.withdraw(passOf(waits))).toBe(true);
    expect(rig.gate.withdraw(passOf(waits))).toBe(false);
    rig.leave(first);
    expect(rig.gate).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it("goes through thousands that end at once without a deep stack", () => {
    const rig = new Rig({ limit: 1, queueLength: 20_000 });
    const first = rig.enter();
    const all = Array.from({ length: 20_000 }, () => rig.enter());
    rig.atOnce = (exchange) => rig.leave(exchange);
    rig.leave(first);
    expect(all.every((each) => rig.fate(each) === "waits")).toBe(true);
    expect(rig.gate).toMatchObject({ inFlight: 0, waiting: 0 });
  });
});

describe("new settings", () => {
  it("hold for those who wait, and never for places that are taken", () => {
    const rig = new Rig({ limit: 2, queueLength: 9 });
    const [first, second, third] = [rig.enter(), rig.enter(), rig.enter()];
    rig.gate.reconfigure(concurrency({ limit: 1, queueLength: 9 }));
    rig.leave(first);
    expect(rig.fate(third)).toBe("waits");
    rig.leave(second);
    expect(rig.fate(third)).toBe("in");
    const more = [rig.enter(), rig.enter()];
    rig.gate.reconfigure(concurrency({ limit: 3, queueLength: 9 }));
    expect(more.map((each) => rig.fate(each))).toEqual(["in", "in"]);
  });

  it("let nobody wait longer because of who came before them", () => {
    const rig = new Rig({ limit: 1, queueLength: 9, queueTimeoutMs: 10_000 });
    rig.enter();
    const before = [rig.enter(), rig.enter(SHEDDABLE)];
    rig.timers.advance(50);
    rig.gate.reconfigure(concurrency({ limit: 1, queueLength: 9, queueTimeoutMs: 100 }));
    const after = rig.enter();
    rig.timers.advance(90);
    expect([...before, after].map((each) => rig.fate(each))).toEqual(["waits", "waits", "waits"]);
    rig.timers.advance(20);
    const late = "queue-timeout";
    expect([...before, after].map((each) => rig.fate(each))).toEqual([late, late, late]);
    expect(rig.timers.pendingCount).toBe(0);
  });

  it("that give more time give it to those who come then", () => {
    const rig = new Rig({ limit: 1, queueLength: 9, queueTimeoutMs: 100 });
    rig.enter();
    const before = rig.enter();
    rig.gate.reconfigure(concurrency({ limit: 1, queueLength: 9, queueTimeoutMs: 1_000 }));
    const after = rig.enter();
    rig.timers.advance(110);
    expect([before, after].map((each) => rig.fate(each))).toEqual(["queue-timeout", "waits"]);
  });

  it("may change the kind of limit while requests are under way", () => {
    const rig = new Rig({ limit: 2, queueLength: 0 });
    const before = rig.enter();
    rig.gate.reconfigure(concurrency({ limit: 5, adaptive: true }));
    expect(rig.gate).toMatchObject({ limit: 5, inFlight: 0 });
    rig.leave(before);
    expect(rig.gate.inFlight).toBe(0);
    rig.enter();
    expect(rig.gate.inFlight).toBe(1);
  });

  it("that are shared from now on tell the other workers that somebody waits here", () => {
    const memory = createLimitsMemory(2, { low: 1, high: 2 });
    const limits = [0, 1].map((index) => new SharedLimits({ index, count: 2, limits: memory }));
    const cell = limits[1]?.claimPlaces("web") ?? null;
    if (limits[0] === undefined || cell === null) throw new Error("there is room");
    const other = new SharedPlaces(2, cell, 1, 2);
    const rig = new Rig({ adaptive: true, limit: 1, queueLength: 1 }, limits[0]);
    rig.enter();
    const waits = rig.enter();
    expect([other.tryAcquire(), other.tryAcquire()]).toEqual([true, true]);
    rig.gate.reconfigure(concurrency({ limit: 2, queueLength: 1 }));
    expect(rig.fate(waits)).toBe("waits");
    other.release(0, 0, OUTCOME_SERVED);
    expect(other.tryAcquire()).toBe(false);
  });

  it("limit nothing when neither a limit nor finding one is asked for", () => {
    expect(limitsConcurrency(DEFAULT_CONCURRENCY)).toBe(false);
    expect(limitsConcurrency(concurrency({ adaptive: true }))).toBe(true);
    expect(limitsConcurrency(concurrency({ limit: 1 }))).toBe(true);
  });
});

describe("any history", () => {
  it("keeps to the limit and the queue, and tells everybody exactly once", () => {
    const step = fc.oneof(
      fc.constantFrom(CRITICAL, NORMAL, SHEDDABLE),
      fc.constantFrom("leave", "withdraw", "time"),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        (steps, limit, queueLength) => {
          const rig = new Rig({ limit, queueLength, queueTimeoutMs: 50 });
          const open = new Set<Exchange>();
          for (const each of steps) {
            const [some] = each === "leave" ? rig.inside : open;
            if (typeof each === "number") open.add(rig.enter(each));
            else if (each === "time") rig.timers.advance(20);
            else if (some !== undefined && each === "leave") rig.leave(some);
            else if (some !== undefined) rig.gate.withdraw(passOf(some));
            for (const one of open) {
              if (rig.fate(one) !== "waits" || !passOf(one).waiter.waiting) open.delete(one);
            }
            expect(rig.inside.size).toBeLessThanOrEqual(limit);
            expect(rig.gate.inFlight).toBe(rig.inside.size);
            expect(rig.gate.waiting).toBe(open.size);
            expect(open.size).toBeLessThanOrEqual(queueLength + 16);
            if (open.size > 0) expect(rig.inside.size).toBe(limit);
          }
          rig.timers.advance(100);
          expect(rig.gate.waiting).toBe(0);
        },
      ),
    );
  });
});
