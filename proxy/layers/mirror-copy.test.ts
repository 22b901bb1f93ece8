import { beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { type Exchange, NO_DEADLINE_MS } from "../exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import type { RouteStack } from "../exchange/stacks.ts";
import { MirrorMetrics } from "../telemetry/mirror-metrics.ts";
import { compose } from "./layer.ts";
import { MIRROR_TIMEOUT_MS, MirrorEnd } from "./mirror-copy.ts";
import { SampleLayer } from "./sample-layer.ts";

const DARK = formatServiceKey({ scheme: "svc", namespace: "shop", name: "dark", port: 80 });
const LABELS = ["outbound", "shop", "web", "80"] as const;
/** Late by a tick of the wheel at most. */
const TICK_MS = 4;

let timers: ManualTimers;
let metrics: Metrics;
let below: SampleLayer;
let end: MirrorEnd;

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(1_000);
  const { clock } = timers;
  metrics = new Metrics({ clock });
  below = new SampleLayer();
  const recorder = new MirrorMetrics(metrics).open(LABELS, "", DARK);
  end = new MirrorEnd({ clock, wheel: new TimerWheel({ clock, timers }), recorder });
  compose([end, below]);
});

function sent(leftMs: number): Exchange {
  const { exchange } = sampleExchange(undefined, timers.clock.nowMs());
  exchange.deadlineMs = timers.clock.nowMs() + leftMs;
  // It is only carried along.
  const copy = end.prepare(exchange, null, {} as Partial<RouteStack> as RouteStack, null);
  if (copy === null) throw new Error("there is room");
  end.send(copy);
  return copy;
}

const failedCount = () => [...metrics.expose()].join("").match(/outcome="failed"\} (\d+)/)?.[1];

describe("a copy", () => {
  it("that is not sent yet when its original's time is over is not sent any more", () => {
    sent(500);
    timers.advance(500 - TICK_MS);
    expect(below.events).toEqual(["start"]);
    timers.advance(2 * TICK_MS);
    expect(below.events).toEqual(["start", "cancel"]);
    expect(failedCount()).toBe("1");
  });

  it.each([500, NO_DEADLINE_MS])("that is sent has its own time, with %d ms left", (leftMs) => {
    const copy = sent(leftMs);
    copy.sent = true;
    timers.advance(MIRROR_TIMEOUT_MS - TICK_MS);
    expect(below.events).toEqual(["start"]);
    timers.advance(3 * TICK_MS);
    expect(below.events).toEqual(["start", "cancel"]);
    expect(failedCount()).toBe("1");
    expect(timers.pendingCount).toBe(0);
  });

  it("that was answered is counted once, whatever its time", () => {
    const copy = sent(500);
    end.head(copy, sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    timers.advance(2 * MIRROR_TIMEOUT_MS);
    expect(below.events).toEqual(["start", "discard"]);
    expect(failedCount() ?? "0").toBe("0");
  });
});
