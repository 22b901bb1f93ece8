/**
 * What deadlines, retries and hedging add to a request for which none of them has anything to do:
 * nearly every request. Also a head that is written with a deadline, against one without.
 */
import { Metrics } from "../../base/metrics.ts";
import { systemClock } from "../../base/platform/system.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_RETRY, DEFAULT_RETRY_BUDGET, type Retry } from "../../mesh/retry.ts";
import { forwardRequestHead } from "../../proxy/connection/forward-head.ts";
import { OUTBOUND } from "../../proxy/exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../../proxy/exchange/sample-exchange.ts";
import { HedgeLayer } from "../../proxy/layers/hedge.ts";
import { compose, Layer } from "../../proxy/layers/layer.ts";
import { RetryLayer } from "../../proxy/layers/retry.ts";
import { TimeoutsLayer } from "../../proxy/layers/timeouts.ts";
import { RetryBudget } from "../../proxy/limits/retry-budget.ts";
import { RetryMetrics } from "../../proxy/telemetry/retry-metrics.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { runMicroBench, type Subject } from "./harness.ts";

const REQUEST =
  "GET /orders/1 HTTP/1.1\r\nHost: web.shop\r\nUser-Agent: bench\r\nAccept: */*\r\n" +
  "Accept-Encoding: gzip\r\nX-Request-Id: 0123456789abcdef\r\n\r\n";
const ANSWER = sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

class End extends Layer {
  count = 0;

  override start(): void {
    this.count += 1;
  }

  override head(): void {
    this.count += 1;
  }

  override end(): void {
    this.count += 1;
  }
}

const EAGER: Retry = { ...DEFAULT_RETRY, statuses: [{ min: 502, max: 504 }], onReset: true };

function through(name: string, retry: Retry, requestMs: number): Subject {
  const timers = new ManualTimers();
  const { clock } = timers;
  const wheel = new TimerWheel({ clock, timers });
  const budget = new RetryBudget(DEFAULT_RETRY_BUDGET);
  const recorder = new RetryMetrics(new Metrics({ clock })).open(["outbound", "a", "b", "80"]);
  const deps = { clock, wheel, budget, recorder, random: createSeededRandom(1), observed: null };
  const above = new End();
  const { top, bottom } = compose([
    above,
    new TimeoutsLayer({ requestMs, responseMs: 0, idleMs: 0 }, clock, wheel),
    new RetryLayer(retry, deps),
    ...(retry.hedge === null ? [] : [new HedgeLayer(retry.hedge, retry, deps)]),
    new End(),
  ]);
  const { exchange } = sampleExchange(REQUEST);
  const run = (times: number): number => {
    for (let index = 0; index < times; index++) {
      exchange.begin(OUTBOUND, clock.nowMs());
      exchange.requestEnded = true;
      top.below.start(exchange);
      bottom.above.head(exchange, ANSWER);
      bottom.above.end(exchange);
    }
    return above.count;
  };
  return { name, run };
}

function head(name: string, deadlineMs: number): Subject {
  const { exchange } = sampleExchange(REQUEST);
  const writer = new ByteWriter(1024);
  exchange.attempt = 1;
  exchange.deadlineMs = deadlineMs;
  const run = (times: number): number => {
    for (let index = 0; index < times; index++) {
      writer.reset();
      forwardRequestHead(writer, exchange, systemClock);
    }
    return writer.length;
  };
  return { name, run };
}

runMicroBench([
  through("deadline and retry, nothing to do", DEFAULT_RETRY, 0),
  through("with a timeout and a policy", EAGER, 5_000),
  through("with hedging", { ...EAGER, hedge: { afterMs: 100, percentile: 0, max: 1 } }, 5_000),
  head("write a head", Number.POSITIVE_INFINITY),
  head("write a head with a deadline", systemClock.nowMs() + 1e9),
]);
