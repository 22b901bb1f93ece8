import { describe, expect, it } from "vitest";
import type { Fault } from "../../base/fault.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { RateLimiter } from "../limits/rate-limit.ts";
import { ShedMetrics } from "../telemetry/shed-metrics.ts";
import { compose, Layer } from "./layer.ts";
import { RateLimitLayer } from "./rate-limit.ts";
import { SampleLayer } from "./sample-layer.ts";

class Refusals extends Layer {
  readonly faults: Fault[] = [];

  override fault(_exchange: Exchange, fault: Fault): void {
    this.faults.push(fault);
  }
}

function rig(requestsPerSecond: number, burst: number, header: string) {
  const timers = new ManualTimers();
  const { clock } = timers;
  const metrics = new Metrics({ clock });
  const above = new Refusals();
  const below = new SampleLayer();
  const layer = new RateLimitLayer({
    limiter: new RateLimiter({ requestsPerSecond, burst, header }),
    header,
    random: createSeededRandom(1),
    limited: new ShedMetrics(metrics).limited(["inbound", "", "", ""], ""),
  });
  compose([above, layer, below]);
  const ask = (fields = ""): void =>
    layer.start(
      sampleExchange(`GET / HTTP/1.1\r\nHost: web\r\n${fields}\r\n`, clock.nowMs()).exchange,
    );
  const counted = (): string | undefined =>
    /heddle_rate_limited_requests_total\{[^}]*\} (\d+)/.exec([...metrics.expose()].join(""))?.[1];
  return { timers, above, below, ask, counted };
}

describe("a route's rate limit", () => {
  it("lets the rate through over time, and the burst at once", () => {
    const { timers, above, below, ask, counted } = rig(10, 4, "");
    for (let step = 0; step < 100; step += 1) {
      ask();
      timers.advance(10);
    }
    expect(below.events.length).toBe(5 + 9);
    expect(above.faults.length).toBe(100 - 14);
    expect(above.faults[0]).toMatchObject({ code: "rate-limited", status: 429 });
    expect(counted()).toBe("86");
  });

  it("counts each value of a header by itself, and those without one together", () => {
    const { above, below, ask } = rig(0.1, 0, "x-client");
    for (const fields of ["X-Client: a\r\n", "x-client: b\r\n", "", "X-Client: a\r\n", ""]) {
      ask(fields);
    }
    expect(below.events.length).toBe(3);
    expect(above.faults.length).toBe(2);
    for (const { answer } of above.faults) {
      expect(answer.retryAfterSeconds).toBeGreaterThanOrEqual(10);
      expect(answer.retryAfterSeconds).toBeLessThanOrEqual(20);
    }
  });
});
