import { beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { DelayFault } from "../../mesh/route-behaviour.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { ShedMetrics } from "../telemetry/shed-metrics.ts";
import { DELAYED_MAX, DelayFaultLayer } from "./delay-fault.ts";
import { compose } from "./layer.ts";
import { SampleLayer } from "./sample-layer.ts";

let timers: ManualTimers;
let above: SampleLayer;
let below: SampleLayer;

beforeEach(() => {
  timers = new ManualTimers();
  above = new SampleLayer();
  below = new SampleLayer();
});

function layerOf(delay: DelayFault): DelayFaultLayer {
  const { clock } = timers;
  const shed = new ShedMetrics(new Metrics({ clock }));
  const layer = new DelayFaultLayer(delay, {
    clock,
    random: createSeededRandom(1),
    wheel: new TimerWheel({ clock, timers }),
    delayed: shed.delayed(["outbound", "shop", "web", "80"], "api"),
  });
  compose([above, layer, below]);
  return layer;
}

function start(layer: DelayFaultLayer): Exchange {
  const { exchange } = sampleExchange(undefined, timers.clock.nowMs());
  layer.start(exchange);
  return exchange;
}

describe("a delay on purpose", () => {
  it("holds requests back for a time between its bounds, and then lets them go", () => {
    const layer = layerOf({ share: 1, minMs: 100, maxMs: 200 });
    for (let index = 0; index < 50; index += 1) start(layer);
    timers.advance(96);
    expect(below.events.length).toBe(0);
    timers.advance(54);
    expect(below.events.length).toBeGreaterThan(10);
    expect(below.events.length).toBeLessThan(40);
    timers.advance(60);
    expect(below.events).toEqual(Array.from({ length: 50 }, () => "start"));
  });

  it("takes only its share", () => {
    const layer = layerOf({ share: 0.1, minMs: 100, maxMs: 100 });
    for (let index = 0; index < 100; index += 1) start(layer);
    expect(Math.abs(below.events.length - 90)).toBeLessThanOrEqual(2);
  });

  it("is over for who is cancelled, and nothing below hears of it", () => {
    const layer = layerOf({ share: 1, minMs: 100, maxMs: 100 });
    layer.cancel(start(layer));
    timers.advance(200);
    expect([...below.events, ...above.events]).toEqual([]);
    expect(timers.pendingCount).toBe(0);
  });

  it("passes a cancellation on once it is over", () => {
    const layer = layerOf({ share: 1, minMs: 100, maxMs: 100 });
    const exchange = start(layer);
    timers.advance(110);
    layer.cancel(exchange);
    expect(below.events).toEqual(["start", "cancel"]);
  });

  it("is not held against the endpoint that is chosen then", () => {
    const layer = layerOf({ share: 1, minMs: 100, maxMs: 100 });
    const exchange = start(layer);
    timers.advance(120);
    expect(exchange.resumedMs - exchange.startedMs).toBeGreaterThanOrEqual(100);
  });

  it("holds so many and no more", () => {
    const layer = layerOf({ share: 1, minMs: 60_000, maxMs: 60_000 });
    const { exchange } = sampleExchange();
    for (let index = 0; index < DELAYED_MAX; index += 1) {
      layer.start(Object.create(exchange) as Exchange); // Told apart by identity alone.
    }
    expect(below.events).toEqual([]);
    start(layer);
    expect(below.events).toEqual(["start"]);
  });
});
