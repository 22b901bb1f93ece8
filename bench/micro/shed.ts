/**
 * What shedding costs: a request that goes through the gate at once, one that is refused, and the
 * bytes of the refusal. Whoever is asked for three times what it can do refuses two of three.
 */
import { Fault } from "../../base/fault.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { type AnswerContext, encodeFault } from "../../proxy/connection/own-answers.ts";
import { type Exchange, OUTBOUND } from "../../proxy/exchange/exchange.ts";
import { sampleExchange } from "../../proxy/exchange/sample-exchange.ts";
import { ConcurrencyGate } from "../../proxy/layers/concurrency-gate.ts";
import { compose, Layer } from "../../proxy/layers/layer.ts";
import { QueueLayer } from "../../proxy/layers/queue.ts";
import { ShedMetrics } from "../../proxy/telemetry/shed-metrics.ts";
import { METHOD_GET } from "../../wire/http1/method.ts";
import { runMicroBench, type Subject } from "./harness.ts";

class Counting extends Layer {
  count = 0;

  override start(): void {
    this.count += 1;
  }

  override end(): void {
    this.count += 1;
  }

  override fault(): void {
    this.count += 1;
  }
}

interface Rig {
  readonly layer: QueueLayer;
  readonly above: Counting;
  readonly exchange: Exchange;
}

function rig(limit: number, adaptive: boolean): Rig {
  const timers = new ManualTimers();
  const { clock } = timers;
  const gate = new ConcurrencyGate(
    { ...DEFAULT_CONCURRENCY, limit, adaptive },
    {
      clock,
      wheel: new TimerWheel({ clock, timers }),
      random: createSeededRandom(1),
      metrics: new ShedMetrics(new Metrics({ clock })),
      labels: ["outbound", "shop", "web", "80"],
    },
  );
  const layer = new QueueLayer({ gate, clock, importance: "normal", importanceHeader: "" });
  const above = new Counting();
  compose([above, layer, new Counting()]);
  return { layer, above, exchange: sampleExchange().exchange };
}

function through(name: string, adaptive: boolean): Subject {
  const { layer, above, exchange } = rig(100, adaptive);
  const run = (times: number): number => {
    for (let index = 0; index < times; index++) {
      layer.start(exchange);
      layer.end(exchange);
    }
    return above.count;
  };
  return { name, run };
}

function refused(): Subject {
  const { layer, above, exchange } = rig(1, false);
  layer.start(sampleExchange().exchange);
  const run = (times: number): number => {
    for (let index = 0; index < times; index++) layer.start(exchange);
    return above.count;
  };
  return { name: "refused at the gate", run };
}

function encoded(): Subject {
  const fault = new Fault("overloaded", "queue-full", undefined, {
    status: 0,
    retryAfterSeconds: 2,
  });
  const context: AnswerContext = {
    direction: OUTBOUND,
    methodCode: METHOD_GET,
    close: false,
    retryForbidden: false,
  };
  const run = (times: number): number => {
    let total = 0;
    for (let index = 0; index < times; index++) total += encodeFault(fault, context).length;
    return total;
  };
  return { name: "the refusal's bytes", run };
}

runMicroBench([
  through("through a gate with a fixed limit", false),
  through("through a gate that finds its limit", true),
  refused(),
  encoded(),
]);
