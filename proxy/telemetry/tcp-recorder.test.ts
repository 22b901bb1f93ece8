import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../base/fault.ts";
import { silentLog } from "../../base/log.ts";
import { RELEASED_KEEP_MS } from "../../base/metric-family.ts";
import { Metrics } from "../../base/metrics.ts";
import { ManualTimers } from "../../base/timers.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { INBOUND } from "../exchange/exchange.ts";
import { FaultRecorder } from "./fault-recorder.ts";
import { TcpMetrics, type TcpRecord } from "./tcp-recorder.ts";

const SERVICE = formatServiceKey({ scheme: "svc", namespace: "shop", name: "db", port: 5432 });
const LABELS = 'direction="inbound",dst_namespace="shop",dst_service="db",dst_port="5432"';

let timers: ManualTimers;
let metrics: Metrics;
let tcp: TcpMetrics;

beforeEach(() => {
  timers = new ManualTimers();
  metrics = new Metrics({ clock: timers.clock });
  const faults = new FaultRecorder(metrics, silentLog);
  tcp = new TcpMetrics(metrics, { clock: timers.clock, faults, accessLog: null });
});

function record(change: Partial<TcpRecord> = {}): TcpRecord {
  return {
    direction: INBOUND,
    service: SERVICE,
    route: "",
    backend: SERVICE,
    endpoint: "a",
    client: "",
    originalDestination: "",
    sni: "",
    end: "closed",
    fault: null,
    attempts: 1,
    requestBytes: 0,
    answerBytes: 0,
    startedMs: 0,
    connectedMs: 1,
    endedMs: 2_000,
    ...change,
  };
}

function shown(part: string): readonly string[] {
  const lines = [...metrics.expose()].join("").split("\n");
  return lines.filter((line) => line.startsWith("tcp_") && line.includes(part));
}

describe("what is counted of TCP connections", () => {
  it("is nothing until one comes", () => {
    tcp.open(INBOUND, SERVICE);
    expect(shown("")).toEqual([]);
  });

  it("has the labels of the service, and the side", () => {
    const recorder = tcp.open(INBOUND, SERVICE);
    recorder.clientOpened();
    recorder.endpointOpened();
    recorder.forward(10);
    recorder.back(3);
    recorder.ended(record(), true, true);
    expect(shown("read_bytes")).toEqual([
      `tcp_read_bytes_total{${LABELS},peer="src"} 10`,
      `tcp_read_bytes_total{${LABELS},peer="dst"} 3`,
    ]);
    expect(shown("open_connections").map((line) => line.at(-1))).toEqual(["0", "0"]);
    expect(shown("close_total")).toEqual([
      `tcp_close_total{${LABELS},peer="src",reason="closed"} 1`,
      `tcp_close_total{${LABELS},peer="dst",reason="closed"} 1`,
    ]);
    expect(shown("duration_seconds_sum")[0]).toMatch(/ 2$/);
  });

  it("counts a fault, also where no client had joined", () => {
    const recorder = tcp.open(INBOUND, SERVICE);
    const fault = new Fault("connect-timeout");
    recorder.ended(record({ end: "connect-failed", fault }), false, false);
    const text = [...metrics.expose()].join("");
    expect(text).toContain('heddle_faults_total{direction="inbound",code="connect-timeout"} 1');
    expect(shown("")).toEqual([]);
  });

  it("goes on for connections that outlive what opened it, and ends with the last", () => {
    const recorder = tcp.open(INBOUND, SERVICE);
    recorder.clientOpened();
    recorder.close();
    timers.advance(2 * RELEASED_KEEP_MS);
    expect(shown("open_connections{")[0]).toMatch(/ 1$/);
    recorder.forward(5);
    recorder.ended(record(), true, false);
    expect(shown("read_bytes")[0]).toMatch(/ 5$/);
    timers.advance(2 * RELEASED_KEEP_MS);
    expect(shown("")).toEqual([]);
  });
});
