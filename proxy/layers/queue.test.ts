import { beforeEach, describe, expect, it } from "vitest";
import { Fault, type FaultCode } from "../../base/fault.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { type Exchange, TOO_SLOW } from "../exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import { ShedMetrics } from "../telemetry/shed-metrics.ts";
import { ConcurrencyGate } from "./concurrency-gate.ts";
import { compose } from "./layer.ts";
import { QueueLayer } from "./queue.ts";
import { SampleLayer } from "./sample-layer.ts";

const OK = sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
const SHED = sampleResponse(
  "HTTP/1.1 503 Service Unavailable\r\nheddle-error: overloaded\r\nContent-Length: 0\r\n\r\n",
);

let timers: ManualTimers;
let above: SampleLayer;
let below: SampleLayer;
let gate: ConcurrencyGate;
let layer: QueueLayer;

beforeEach(() => {
  timers = new ManualTimers();
  const { clock } = timers;
  above = new SampleLayer();
  below = new SampleLayer();
  gate = new ConcurrencyGate(
    { ...DEFAULT_CONCURRENCY, limit: 1, queueLength: 1 },
    {
      clock,
      wheel: new TimerWheel({ clock, timers }),
      random: createSeededRandom(1),
      metrics: new ShedMetrics(new Metrics({ clock })),
      labels: ["outbound", "shop", "web", "80"],
    },
  );
  const importanceHeader = "x-importance";
  layer = new QueueLayer({ gate, clock, importance: "normal", importanceHeader });
  compose([above, layer, below]);
});

function start(importance = ""): Exchange {
  const field = importance === "" ? "" : `X-Importance: ${importance}\r\n`;
  const request = `GET / HTTP/1.1\r\nHost: web\r\n${field}\r\n`;
  const { exchange } = sampleExchange(request, timers.clock.nowMs());
  layer.start(exchange);
  return exchange;
}

describe("a queue", () => {
  it("gives a place back however its request ends", () => {
    const endings: ((exchange: Exchange) => void)[] = [
      (exchange) => {
        layer.head(exchange, OK);
        layer.end(exchange);
      },
      (exchange) => layer.fault(exchange, new Fault("connection-lost")),
      (exchange) => layer.cancel(exchange),
      (exchange) => {
        layer.head(exchange, SHED);
        layer.end(exchange);
      },
    ];
    for (const end of endings) {
      const exchange = start();
      expect(gate.inFlight).toBe(1);
      end(exchange);
      expect(gate.inFlight).toBe(0);
    }
    expect(below.events).toEqual(["start", "start", "start", "cancel", "start"]);
    const told = ["head 200", "end", "fault connection-lost", "head 503", "end"];
    expect(above.events).toEqual(told);
  });

  it("gives it back once, and not on behalf of the next request of the record", () => {
    const exchange = start();
    layer.end(exchange);
    layer.cancel(exchange);
    expect(gate.inFlight).toBe(0);
    layer.start(exchange);
    expect(gate.inFlight).toBe(1);
  });

  it("tells nothing below of who was cancelled while waiting", () => {
    const first = start();
    const second = start();
    layer.cancel(second);
    expect(below.events).toEqual(["start"]);
    layer.end(first);
    expect(gate).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it("fails who finds no room, and lets the caller's header say who that is", () => {
    start();
    start("sheddable");
    start();
    expect(above.events).toEqual(["fault overloaded"]);
    start("no such thing");
    expect(above.events).toEqual(["fault overloaded", "fault overloaded"]);
    start("CRITICAL");
    expect(above.events.length).toBe(2);
    expect(gate.waiting).toBe(2);
  });
});

it("a route's importance counts where the caller says none", () => {
  const { clock } = timers;
  layer = new QueueLayer({ gate, clock, importance: "critical", importanceHeader: "" });
  compose([above, layer, below]);
  start();
  start("sheddable");
  start();
  expect(above.events).toEqual([]);
  expect(gate.waiting).toBe(2);
});

describe("an adaptive limit behind a queue", () => {
  beforeEach(() => {
    gate.reconfigure({ ...DEFAULT_CONCURRENCY, limit: 100, adaptive: true });
  });

  /** The limit after many requests that ended so. */
  function limitAfter(end: (exchange: Exchange) => void): number {
    for (let round = 0; round < 40; round += 1) {
      const all = Array.from({ length: Math.min(20, gate.limit) }, () => start());
      timers.advance(20);
      for (const exchange of all) end(exchange);
    }
    return gate.limit;
  }

  const fail = (code: FaultCode) => (exchange: Exchange) => layer.fault(exchange, new Fault(code));

  it.each<[string, (exchange: Exchange) => void]>([
    ["were shed further on", (exchange) => layer.head(exchange, SHED)],
    ["timed out", fail("response-timeout")],
    [
      "were given up by a deadline",
      (exchange) => {
        exchange.givenUp = TOO_SLOW;
        layer.cancel(exchange);
      },
    ],
  ])("falls when requests %s", (_how, end) => {
    expect(limitAfter(end)).toBeLessThan(10);
  });

  it("takes the time to an answer's head for latency, not that of the whole answer", () => {
    let roundMs = 0;
    let longMs = 0;
    const end = (exchange: Exchange) => {
      // Ever longer answers, all of whose heads come as soon as ever.
      if (exchange.startedMs !== roundMs) {
        roundMs = exchange.startedMs;
        longMs += 20;
        timers.advance(longMs);
      }
      exchange.answeredMs = exchange.startedMs + 20;
      layer.end(exchange);
    };
    expect(limitAfter(end)).toBeGreaterThanOrEqual(20);
  });

  it.each<[string, (exchange: Exchange) => void]>([
    ["were refused a connection", fail("connect-failed")],
    ["were cancelled by their callers", (exchange) => layer.cancel(exchange)],
  ])("stays when requests %s", (_how, end) => {
    expect(limitAfter(end)).toBe(20);
  });
});
