/** What recording a request costs: a counter, a histogram, and all that a route records. */
import { ManualClock } from "../../base/clock.ts";
import { Metrics } from "../../base/metrics.ts";
import { OUTBOUND } from "../../proxy/exchange/exchange.ts";
import { sampleExchange } from "../../proxy/exchange/sample-exchange.ts";
import { RouteRecorders } from "../../proxy/telemetry/route-recorder.ts";
import { destination, service } from "../../test/harness/fake-table.ts";
import { runMicroBench, type Subject } from "./harness.ts";

const metrics = new Metrics({ clock: new ManualClock() });

function counterSubject(): Subject {
  const slot = metrics.counter({ name: "a_total", help: "A.", labels: ["b"] }).slot(["c"]);
  const run = (times: number): number => {
    for (let count = 0; count < times; count++) slot.add(1);
    return slot.value;
  };
  return { name: "counter", run };
}

function histogramSubject(): Subject {
  const slot = metrics.histogram({ name: "d_seconds", help: "D.", labels: ["e"] }).slot(["f"]);
  const run = (times: number): number => {
    for (let count = 0; count < times; count++) slot.record(count & 1023);
    return slot.sumMs;
  };
  return { name: "histogram", run };
}

function routeSubject(): Subject {
  const [rule] = destination("web", ["web"]).rules;
  if (rule === undefined) throw new Error("a destination has a rule");
  const recorder = new RouteRecorders(metrics).open(OUTBOUND, service("web"), rule, []);
  const { exchange } = sampleExchange();
  exchange.status = 200;
  exchange.attempt = 1;
  const run = (times: number): number => {
    for (let count = 0; count < times; count++) {
      exchange.answeredMs = exchange.startedMs + (count & 15);
      recorder.record(exchange);
    }
    return exchange.answeredMs;
  };
  return { name: "all that a route records", run };
}

runMicroBench([counterSubject(), histogramSubject(), routeSubject()]);
