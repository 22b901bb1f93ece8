/**
 * Deadline, retry and hedge composed as in a route, over a backend that does anything at any
 * time: whatever happens, what they promise holds.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "../../base/fault.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom, type Random } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers, type TimerHandle } from "../../base/timers.ts";
import { DEFAULT_RETRY, type Retry } from "../../mesh/retry.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import type { BackendStack, RouteStack } from "../exchange/stacks.ts";
import { HedgeDelay } from "../limits/hedge-delay.ts";
import { RetryBudget } from "../limits/retry-budget.ts";
import { RetryMetrics } from "../telemetry/retry-metrics.ts";
import { HedgeLayer } from "./hedge.ts";
import { ToBackend } from "./junctions.ts";
import { compose, Layer } from "./layer.ts";
import { RetryLayer } from "./retry.ts";
import { TimeoutsLayer } from "./timeouts.ts";

const BUDGET = { ratio: 0.2, minRetriesPerSecond: 3, ttlMs: 1_000 };
const OUTCOMES = ["ok", "ok", "busy", "reset", "unreached", "silent", "unreached-at-once"] as const;
const OK = sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
const BUSY = sampleResponse("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");

/** Counts, for each request, how often an application saw it, and holds what is under way. */
class Chaos extends Layer {
  readonly seen = new Map<Exchange, number>();
  readonly live = new Map<Exchange, TimerHandle | null>();
  startedCount = 0;
  readonly #timers: ManualTimers;
  readonly #random: Random;

  constructor(timers: ManualTimers, random: Random) {
    super();
    this.#timers = timers;
    this.#random = random;
  }

  override start(exchange: Exchange): void {
    expect(this.live.has(exchange)).toBe(false);
    const nowMs = this.#timers.clock.nowMs();
    expect(nowMs).toBeLessThan(exchange.deadlineMs);
    this.startedCount += 1;
    exchange.attempt += 1;
    exchange.attemptStartedMs = nowMs;
    Object.assign(exchange, { sent: false, heard: false, reused: this.#random.nextFloat() < 0.5 });
    const outcome = OUTCOMES[Math.floor(this.#random.nextFloat() * OUTCOMES.length)] ?? "ok";
    this.live.set(exchange, null);
    if (outcome === "unreached-at-once") this.#fail(exchange, "connect-failed");
    else {
      if (outcome !== "unreached") this.#see(exchange);
      if (outcome !== "silent") this.#later(exchange, () => this.#finish(exchange, outcome));
    }
  }

  override cancel(exchange: Exchange): void {
    this.#forget(exchange);
  }

  override discard(exchange: Exchange): void {
    expect(this.live.has(exchange)).toBe(true);
    this.#forget(exchange);
  }

  #see(exchange: Exchange): void {
    exchange.sent = true;
    const first = exchange.hedged?.first ?? exchange;
    this.seen.set(first, (this.seen.get(first) ?? 0) + 1);
  }

  #finish(exchange: Exchange, outcome: "ok" | "busy" | "reset" | "unreached"): void {
    if (outcome === "reset") this.#fail(exchange, "connection-lost");
    else if (outcome === "unreached") this.#fail(exchange, "connect-failed");
    else {
      exchange.route?.bottom.head(exchange, outcome === "ok" ? OK : BUSY);
      if (!this.live.has(exchange)) return;
      this.#later(exchange, () => {
        this.#forget(exchange);
        exchange.route?.bottom.end(exchange);
      });
    }
  }

  #fail(exchange: Exchange, code: "connect-failed" | "connection-lost"): void {
    this.#forget(exchange);
    exchange.route?.bottom.fault(exchange, new Fault(code));
  }

  #later(exchange: Exchange, act: () => void): void {
    this.live.set(exchange, this.#timers.set(this.#random.nextFloat() * 120, act));
  }

  #forget(exchange: Exchange): void {
    const timer = this.live.get(exchange) ?? null;
    if (timer !== null) this.#timers.clear(timer);
    this.live.delete(exchange);
  }
}

/** What callers saw: one end each. */
class Callers extends Layer {
  readonly ends = new Map<Exchange, number>();
  readonly heads = new Map<Exchange, number>();

  override head(exchange: Exchange, _head: Head): void {
    exchange.answered = true;
    this.heads.set(exchange, (this.heads.get(exchange) ?? 0) + 1);
  }

  override end(exchange: Exchange): void {
    this.ends.set(exchange, (this.ends.get(exchange) ?? 0) + 1);
  }

  override fault(exchange: Exchange): void {
    this.end(exchange);
  }
}

function run(seed: number, retry: Retry, requestCount: number): void {
  const random = createSeededRandom(seed);
  const timers = new ManualTimers();
  timers.advance(1_000);
  const { clock } = timers;
  const wheel = new TimerWheel({ clock, timers });
  const budget = new RetryBudget(BUDGET);
  const recorder = new RetryMetrics(new Metrics({ clock })).open(["outbound", "a", "b", "80"]);
  const callers = new Callers();
  const chaos = new Chaos(timers, random);
  const observed = retry.hedge?.percentile ? new HedgeDelay(retry.hedge.percentile) : null;
  const shared = { clock, random, wheel, budget, recorder, observed };
  const { top, bottom } = compose([
    callers,
    new TimeoutsLayer({ requestMs: 400, responseMs: 0, idleMs: 0 }, clock, wheel),
    new RetryLayer(retry, shared),
    ...(retry.hedge === null ? [] : [new HedgeLayer(retry.hedge, retry, shared)]),
    new ToBackend(),
  ]);
  // Only what the layers under test read of a route and a backend.
  const route = { bottom } as RouteStack;
  const backend = { top: chaos, choices: 3 } as Partial<BackendStack> as BackendStack;
  const requests: Exchange[] = [];
  for (let count = 0; count < requestCount; count += 1) {
    const method = random.nextFloat() < 0.5 ? "GET" : "POST";
    const { exchange } = sampleExchange(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`, clock.nowMs());
    Object.assign(exchange, { route, backend });
    requests.push(exchange);
    top.below.start(exchange);
    timers.advance(random.nextFloat() * 60);
    const gone = requests[Math.floor(random.nextFloat() * requests.length)];
    if (gone !== undefined && random.nextFloat() < 0.2 && !callers.ends.has(gone)) {
      top.below.cancel(gone);
      callers.end(gone);
    }
  }
  timers.advance(450);
  for (const exchange of requests) {
    expect(callers.ends.get(exchange)).toBe(1);
    expect(callers.heads.get(exchange) ?? 0).toBeLessThanOrEqual(1);
    expect(exchange.retries).toBeLessThanOrEqual(retry.maxRetries);
    if (exchange.head.methodText() === "POST") {
      expect(chaos.seen.get(exchange) ?? 0).toBeLessThanOrEqual(1);
    }
  }
  expect(chaos.live.size).toBe(0);
  expect(wheel.scheduledCount).toBe(0);
  const extra = chaos.startedCount - requestCount;
  const seconds = (clock.nowMs() - 1_000) / 1_000;
  expect(extra).toBeLessThanOrEqual(requestCount * BUDGET.ratio + (seconds + 1) * 3 + 1);
}

describe("tries", () => {
  it("end once, in time and within budget, and repeat nothing that does harm", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.record({
          maxRetries: fc.integer({ min: 1, max: 4 }),
          onReset: fc.boolean(),
          onPerTryTimeout: fc.boolean(),
          perTryTimeoutMs: fc.constantFrom(0, 40, 90),
          hedge: fc.constantFrom(
            null,
            { afterMs: 20, percentile: 0, max: 1 },
            { afterMs: 30, percentile: 0, max: 2 },
            { afterMs: 0, percentile: 50, max: 1 },
          ),
        }),
        fc.integer({ min: 1, max: 25 }),
        (seed, policy, requestCount) => {
          const statuses = [{ min: 503, max: 503 }];
          run(seed, { ...DEFAULT_RETRY, statuses, ...policy }, requestCount);
        },
      ),
      { numRuns: 300 },
    );
  });
});
