/** What goes on being known when a destination is configured anew. */
import { beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { Destination } from "../../mesh/destination.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { destination, service } from "../../test/harness/fake-table.ts";
import { OUTBOUND } from "../exchange/exchange.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { passOf } from "../layers/concurrency-gate.ts";
import { OUTCOME_SERVED } from "../limits/concurrency-limit.ts";
import { NORMAL } from "../limits/waiting-queue.ts";
import { FaultRecorder } from "../telemetry/fault-recorder.ts";
import { MirrorMetrics } from "../telemetry/mirror-metrics.ts";
import { RetryMetrics } from "../telemetry/retry-metrics.ts";
import { ShedMetrics } from "../telemetry/shed-metrics.ts";
import { TcpMetrics } from "../telemetry/tcp-recorder.ts";
import { DestinationMemory } from "./destination-memory.ts";

const RATE = { requestsPerSecond: 1, burst: 0, header: "" };
const USER = { admitted: () => {}, refused: () => {} };

let timers: ManualTimers;
let memory: DestinationMemory;

beforeEach(() => {
  timers = new ManualTimers();
  const { clock } = timers;
  const metrics = new Metrics({ clock });
  const faults = new FaultRecorder(metrics, silentLog);
  memory = new DestinationMemory(service("web"), {
    direction: OUTBOUND,
    clock,
    random: createSeededRandom(1),
    wheel: new TimerWheel({ clock, timers }),
    shed: new ShedMetrics(metrics),
    mirrors: new MirrorMetrics(metrics),
    retries: new RetryMetrics(metrics),
    tcp: new TcpMetrics(metrics, { clock, faults, accessLog: null }),
  });
});

function configured(change: Partial<Destination>): void {
  memory.begin({ ...destination("web", ["web"]), ...change });
}

describe("other settings", () => {
  it("let in no more than there is room for beside those that are under way", () => {
    configured({ concurrency: { ...DEFAULT_CONCURRENCY, limit: 1 } });
    const { exchange } = sampleExchange();
    memory.gate?.enter(exchange, USER, NORMAL);
    configured({ concurrency: { ...DEFAULT_CONCURRENCY, limit: 1, queueLength: 5 } });
    expect(memory.gate?.inFlight).toBe(1);
    memory.gate?.enter(sampleExchange().exchange, USER, NORMAL);
    expect(memory.gate).toMatchObject({ inFlight: 1, waiting: 1 });
    memory.gate?.leave(passOf(exchange), 1, 1, OUTCOME_SERVED);
    expect(memory.gate).toMatchObject({ inFlight: 1, waiting: 0 });
    configured({});
    expect(memory.gate).toBeNull();
  });

  it("hand out no rate anew, but to a route that was gone meanwhile", () => {
    configured({});
    expect(memory.rateLimiter("", RATE).take("", 0)).toBe(0);
    configured({});
    expect(memory.rateLimiter("", { ...RATE, requestsPerSecond: 2 }).take("", 0)).toBe(1_000);
    configured({ rules: [] });
    configured({});
    expect(memory.rateLimiter("", RATE).take("", 0)).toBe(0);
  });

  it("hand out no budget anew", () => {
    const budget = { ratio: 0, minRetriesPerSecond: 1, ttlMs: 1_000 };
    configured({ budget });
    expect(memory.budget.tryWithdraw(0)).toBe(true);
    configured({ budget: { ...budget, ttlMs: 1_100 } });
    expect(memory.budget.tryWithdraw(10)).toBe(false);
  });
});
