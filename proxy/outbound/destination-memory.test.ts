/** What goes on being known when a destination is configured anew. */
import { beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { RELEASED_KEEP_MS } from "../../base/metric-family.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { Destination } from "../../mesh/destination.ts";
import { DEFAULT_BEHAVIOUR, DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
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
import { TcpMetrics, type TcpRecord } from "../telemetry/tcp-recorder.ts";
import { DestinationMemory } from "./destination-memory.ts";

const RATE = { requestsPerSecond: 1, burst: 0, header: "" };
const USER = { admitted: () => {}, refused: () => {} };

let timers: ManualTimers;
let metrics: Metrics;
let memory: DestinationMemory;

beforeEach(() => {
  timers = new ManualTimers();
  const { clock } = timers;
  metrics = new Metrics({ clock });
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

/** The series of a metric, once those that nobody holds have had their time. */
function held(name: string): readonly string[] {
  timers.advance(2 * RELEASED_KEEP_MS);
  const lines = [...metrics.expose()].join("").split("\n");
  return lines.filter((line) => line.startsWith(name));
}

function mirroring(to: string): Partial<Destination> {
  const mirror = { service: service(to), share: 1, match: null, bodyBytesMax: 0, compare: false };
  const behaviour = { ...DEFAULT_BEHAVIOUR, mirror };
  const { rules } = destination("web", ["web"]);
  return { rules: rules.map((rule) => ({ ...rule, action: { ...rule.action, behaviour } })) };
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

  it("end the series of a mirror that is no longer named, and of no other", () => {
    configured(mirroring("dark"));
    memory.mirror("", service("dark")).count("answered");
    configured(mirroring("dark"));
    expect(held("heddle_mirror_requests_total")).not.toEqual([]);
    configured(mirroring("darker"));
    memory.mirror("", service("darker")).count("answered");
    const left = held("heddle_mirror_requests_total");
    expect(left.filter((line) => !line.includes('mirror_service="darker"'))).toEqual([]);
    expect(left).not.toEqual([]);
  });
});

describe("a destination that is gone", () => {
  const over: TcpRecord = {
    direction: OUTBOUND,
    service: service("web"),
    route: "",
    backend: "",
    endpoint: "",
    client: "",
    originalDestination: "",
    sni: "",
    end: "closed",
    fault: null,
    attempts: 1,
    requestBytes: 0,
    answerBytes: 0,
    startedMs: 0,
    connectedMs: 0,
    endedMs: 0,
  };

  it.each([
    ["had joined", true],
    ["had not joined yet", false],
  ])("is counted to the end of a connection that %s, and no longer", (_, isJoined) => {
    if (isJoined) memory.tcpRecorder.clientOpened();
    memory.close();
    if (!isJoined) memory.tcpRecorder.clientOpened();
    memory.tcpRecorder.forward(5);
    expect(held("tcp_open_connections")).toHaveLength(2);
    memory.tcpRecorder.ended(over, true, false);
    expect(held("tcp_")).toEqual([]);
  });

  it("holds no series for tries that end later", () => {
    memory.retryRecorder.withheld("tries");
    memory.close();
    memory.retryRecorder.retried("reset", "failure");
    expect(held("heddle_retries")).toEqual([]);
  });

  it("holds no series for who is refused later", () => {
    configured({ concurrency: { ...DEFAULT_CONCURRENCY, limit: 1, queueLength: 1 } });
    for (let count = 0; count < 2; count += 1) {
      memory.gate?.enter(sampleExchange().exchange, USER, NORMAL);
    }
    memory.close();
    timers.advance(60_000);
    expect(held("heddle_shed")).toEqual([]);
  });
});
