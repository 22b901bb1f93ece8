import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import { AccessLog } from "../telemetry/access-log.ts";
import { FaultRecorder } from "../telemetry/fault-recorder.ts";
import { compose } from "./layer.ts";
import { type RecordDeps, RecordLayer } from "./record.ts";
import { refuseExchange } from "./refuse.ts";
import { SampleLayer } from "./sample-layer.ts";

let deps: RecordDeps;
let metrics: Metrics;
let lines: string[];
let above: SampleLayer;
let below: SampleLayer;
let record: RecordLayer;

beforeEach(() => {
  const clock = new ManualClock();
  metrics = new Metrics({ clock });
  lines = [];
  deps = {
    clock,
    faults: new FaultRecorder(metrics, silentLog),
    accessLog: new AccessLog({ clock, format: "json", write: (line) => lines.push(line) }),
  };
  above = new SampleLayer();
  record = new RecordLayer(deps);
  below = new SampleLayer();
  compose([above, record, below]);
});

const entries = () => lines.map((line) => JSON.parse(line));
const count = (code: string) =>
  new RegExp(`heddle_faults_total\\{direction="outbound",code="${code}"\\} (\\d+)`).exec(
    [...metrics.expose()].join(""),
  )?.[1];

describe("what became of an exchange", () => {
  it("is written once, with the answer's status", () => {
    const { exchange } = sampleExchange();
    record.head(exchange, sampleResponse("HTTP/1.1 203 OK\r\nContent-Length: 0\r\n\r\n"));
    expect(lines).toHaveLength(0);
    record.end(exchange);
    expect(entries()).toMatchObject([{ status: 203, fault: "" }]);
    expect(above.events).toEqual(["head 203", "end"]);
  });

  it("is the fault's status where nothing was answered", () => {
    const { exchange } = sampleExchange();
    record.fault(exchange, new Fault("connect-failed"));
    expect(entries()).toMatchObject([{ status: 502, fault: "connect-failed" }]);
    expect(count("connect-failed")).toBe("1");
    expect(above.events).toEqual(["fault connect-failed"]);
  });

  it("keeps the answer's status where that was cut", () => {
    const { exchange } = sampleExchange();
    record.head(exchange, sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
    exchange.answered = true;
    record.fault(exchange, new Fault("connection-lost"));
    expect(entries()).toMatchObject([{ status: 200, fault: "connection-lost" }]);
  });

  it("is client-gone when the caller went, and the caller's fault when it has one", () => {
    const gone = sampleExchange().exchange;
    record.cancel(gone);
    const slow = sampleExchange().exchange;
    slow.fault = new Fault("body-timeout");
    record.cancel(slow);
    expect(entries()).toMatchObject([
      { status: 499, fault: "client-gone" },
      { status: 408, fault: "body-timeout" },
    ]);
    expect([count("client-gone"), count("body-timeout")]).toEqual(["1", "1"]);
    expect(below.events).toEqual(["cancel", "cancel"]);
  });

  it("is told, counted and written for what no stack ever took", () => {
    const { caller, exchange } = sampleExchange();
    refuseExchange(exchange, new Fault("unknown-service"), deps);
    expect(caller.events).toEqual(["fail unknown-service"]);
    expect(exchange.active).toBe(false);
    expect(entries()).toMatchObject([{ status: 404, fault: "unknown-service" }]);
    expect(count("unknown-service")).toBe("1");
  });
});
