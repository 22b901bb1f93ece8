/** When a copy is made, and what is held against what; that it arrives is test/integration's. */
import { beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { Mirror } from "../../mesh/route-behaviour.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import type { BackendStack, RouteStack } from "../exchange/stacks.ts";
import { MirrorMetrics, type MirrorRecorder } from "../telemetry/mirror-metrics.ts";
import { compose } from "./layer.ts";
import { MirrorLayer } from "./mirror.ts";
import { SampleLayer } from "./sample-layer.ts";

const DARK = formatServiceKey({ scheme: "svc", namespace: "shop", name: "dark", port: 80 });
const LABELS = ["outbound", "shop", "web", "80"] as const;
const OK = sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
const POST = "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 4\r\n\r\n";
const MIRROR: Mirror = { service: DARK, share: 1, match: null, bodyBytesMax: 100, compare: true };

let timers: ManualTimers;
let above: SampleLayer;
let below: SampleLayer;
let layer: MirrorLayer;
let recorder: MirrorRecorder;
/** What went to the mirror. */
let copies: Exchange[];

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(1_000);
  const { clock } = timers;
  recorder = new MirrorMetrics(new Metrics({ clock })).open(LABELS, "", DARK);
  copies = [];
  const dark = new SampleLayer();
  dark.onStart = (copy) => copies.push(copy);
  const backend = { top: dark, choices: 1 } as Partial<BackendStack> as BackendStack;
  layer = new MirrorLayer(MIRROR, {
    clock,
    wheel: new TimerWheel({ clock, timers }),
    recorder,
    random: createSeededRandom(1),
    backend,
    predicate: null,
  });
  above = new SampleLayer();
  below = new SampleLayer();
  const { top, bottom } = compose([above, layer, below]);
  layer.join({ top, bottom } as Partial<RouteStack> as RouteStack);
});

function answerCopy(copy: Exchange | undefined): void {
  if (copy === undefined) throw new Error("there is no copy");
  copy.route?.bottom.head(copy, OK);
}

describe("answers that are compared", () => {
  it("are timed from when each request was whole: a slow caller is nobody's fault", () => {
    const { exchange } = sampleExchange(POST, timers.clock.nowMs());
    Object.assign(exchange, { requestEnded: false, requestEndedMs: 0 });
    layer.start(exchange);
    expect(copies).toEqual([]);
    timers.advance(5_000);
    const body = Buffer.from("abcd");
    exchange.kept?.add(body, 0, body.length);
    exchange.requestEndedMs = timers.clock.nowMs();
    exchange.kept?.end();
    expect(copies).toHaveLength(1);
    timers.advance(10);
    layer.head(exchange, OK);
    timers.advance(20);
    answerCopy(copies[0]);
    expect([recorder.slower.count, recorder.faster.count]).toEqual([1, 0]);
    expect(recorder.slower.sumMs).toBeCloseTo(20, 6);
  });
});
