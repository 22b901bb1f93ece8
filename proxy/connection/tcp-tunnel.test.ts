import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import { type Direction, INBOUND, OUTBOUND } from "../exchange/exchange.ts";
import { SampleNetwork, SampleStream } from "../net/sample-stream.ts";
import { AccessLog } from "../telemetry/access-log.ts";
import { FaultRecorder } from "../telemetry/fault-recorder.ts";
import { TcpMetrics } from "../telemetry/tcp-recorder.ts";
import type { EndpointChoice, TcpRoute } from "./tcp-route.ts";
import { TcpTunnel } from "./tcp-tunnel.ts";

const SERVICE = formatServiceKey({ scheme: "svc", namespace: "shop", name: "db", port: 5432 });
const CONNECT_TIMEOUT_MS = 1_000;

let timers: ManualTimers;
let network: SampleNetwork;
let metrics: Metrics;
let events: string[];
let lines: Record<string, unknown>[];
let choice: ScriptedChoice;
let idleTimeoutMs: number;
let direction: Direction;

/** Endpoints in their order, and what they are told. */
class ScriptedChoice implements EndpointChoice {
  readonly backend = SERVICE;
  problem = new Fault("no-endpoints", "there is none");
  readonly told: string[] = [];
  readonly #endpoints: Endpoint[];

  constructor(names: readonly string[]) {
    this.#endpoints = names.map((name) => sampleEndpoint(name));
  }

  next(): Endpoint | null {
    return this.#endpoints.shift() ?? null;
  }

  connected(_nowMs: number, latencyMs: number): void {
    this.told.push(`connected ${latencyMs}`);
  }

  failed(_nowMs: number, _latencyMs: number, fault: Fault): void {
    this.problem = fault;
    this.told.push(fault.code);
  }

  release(): void {
    this.told.push("released");
  }
}

beforeEach(() => {
  timers = new ManualTimers(new ManualClock());
  network = new SampleNetwork();
  metrics = new Metrics({ clock: timers.clock });
  events = [];
  lines = [];
  choice = new ScriptedChoice(["a", "b"]);
  idleTimeoutMs = 0;
  direction = OUTBOUND;
});

function open(): TcpTunnel {
  const { clock } = timers;
  const write = (line: string): number => lines.push(JSON.parse(line));
  const recorder = new TcpMetrics(metrics, {
    clock,
    faults: new FaultRecorder(metrics, silentLog),
    accessLog: new AccessLog({ clock, format: "json", write }),
  }).open(direction, SERVICE);
  const route: TcpRoute = {
    service: SERVICE,
    route: "",
    idleTimeoutMs,
    recorder,
    choose: () => choice,
  };
  const wheel = new TimerWheel({ clock, timers });
  const timing = { connectTimeoutMs: CONNECT_TIMEOUT_MS };
  return new TcpTunnel(
    route,
    { network, clock, wheel, timing },
    {
      connected: () => events.push("connected"),
      serverSpoke: () => events.push("serverSpoke"),
      failed: ({ code }) => events.push(`failed ${code}`),
      ended: (end) => events.push(`ended ${end}`),
    },
  );
}

/** A tunnel through which bytes flow. */
function flowing(): { tunnel: TcpTunnel; client: SampleStream; endpoint: SampleStream } {
  const tunnel = open();
  const client = new SampleStream();
  tunnel.join(client);
  return { tunnel, client, endpoint: network.connectNewest() };
}

function metric(name: string, peer: string): string | undefined {
  const text = [...metrics.expose()].join("");
  return text.split("\n").find((line) => line.startsWith(`${name}{`) && line.includes(peer));
}

describe("a tunnel", () => {
  it("carries bytes both ways, and counts them", () => {
    const { client, endpoint } = flowing();
    client.receive("hello");
    endpoint.receive("hi");
    expect([endpoint.written, client.written]).toEqual(["hello", "hi"]);
    expect(metric("tcp_read_bytes_total", 'peer="src"')).toMatch(/ 5$/);
    expect(metric("tcp_write_bytes_total", 'peer="src"')).toMatch(/ 2$/);
    expect(metric("tcp_read_bytes_total", 'peer="dst"')).toMatch(/ 2$/);
    expect(metric("tcp_open_connections", 'peer="dst"')).toMatch(/ 1$/);
  });

  it("holds what the client said until there is an endpoint", () => {
    const tunnel = open();
    const client = new SampleStream();
    const handler = tunnel.join(client);
    handler.onRead(Buffer.from("__early__"), 2, 7);
    handler.onReadEnd();
    expect(client.paused).toBe(true);
    const endpoint = network.connectNewest();
    expect([endpoint.written, endpoint.finished, client.paused]).toEqual(["early", true, false]);
    expect(events).toEqual(["connected"]);
  });

  it("tells that the server spoke first, and holds what it said", () => {
    const tunnel = open();
    tunnel.dial();
    const endpoint = network.connectNewest();
    endpoint.receive("220 mail");
    expect([events, endpoint.paused]).toEqual([["connected", "serverSpoke"], true]);
    const client = new SampleStream();
    tunnel.join(client).onRead(Buffer.from("EHLO"), 0, 4);
    expect([client.written, endpoint.written, endpoint.paused]).toEqual([
      "220 mail",
      "EHLO",
      false,
    ]);
  });

  it("tells that the server ended its side at once", () => {
    const tunnel = open();
    tunnel.dial();
    const endpoint = network.connectNewest();
    endpoint.receiveEnd();
    expect(events).toEqual(["connected", "serverSpoke"]);
    expect(tunnel.takeStream()).toBeNull();
    const client = new SampleStream();
    tunnel.join(client);
    expect(client.finished).toBe(true);
  });

  it("gives the endpoint's stream away while nobody has spoken", () => {
    const tunnel = open();
    expect(tunnel.takeStream()).toBeNull();
    tunnel.dial();
    const endpoint = network.connectNewest();
    expect(tunnel.takeStream()).toBe(endpoint);
    expect(choice.told).toEqual(["connected 0", "released"]);
    expect(tunnel.takeStream()).toBeNull();
    endpoint.close("reset");
    expect([events, lines]).toEqual([["connected"], []]);
  });

  it("keeps the stream of a server that spoke", () => {
    const tunnel = open();
    tunnel.dial();
    network.connectNewest().receive("hello");
    expect(tunnel.takeStream()).toBeNull();
  });

  it("closes what nobody needs", () => {
    const tunnel = open();
    tunnel.dial();
    const endpoint = network.connectNewest();
    tunnel.abandon();
    expect([endpoint.closed, choice.told]).toEqual([true, ["connected 0", "released"]]);
    expect([events, lines]).toEqual([["connected"], []]);
  });
});

describe("an endpoint that cannot be reached", () => {
  it("makes way for the next", () => {
    const { client } = flowingAfter("refused");
    expect(choice.told).toEqual(["connect-failed", "connected 0"]);
    client.receive("hello");
    expect(network.dialled[1]?.written).toBe("hello");
    expect(events).toEqual(["connected"]);
  });

  it("has so long, and no longer", () => {
    const tunnel = open();
    tunnel.dial();
    timers.advance(CONNECT_TIMEOUT_MS + 10);
    expect([network.dialled[0]?.closed, choice.told]).toEqual([true, ["connect-timeout"]]);
    expect(network.dialled).toHaveLength(2);
    network.connectNewest();
    expect(events).toEqual(["connected"]);
  });

  it("fails the tunnel when it was the last", () => {
    const tunnel = open();
    const client = new SampleStream();
    tunnel.join(client);
    network.dialled[0]?.close("refused");
    network.dialled[1]?.close("unreachable");
    expect([client.wasReset, events]).toEqual([true, ["failed connect-failed"]]);
    expect(lines[0]).toMatchObject({
      reason: "connect-failed",
      fault: "connect-failed",
      attempts: 2,
      endpoint: "b",
    });
    expect(metric("tcp_close_total", 'peer="src"')).toContain('reason="connect-failed"');
    expect(metric("tcp_open_connections", 'peer="dst"')).toMatch(/ 0$/);
  });

  it("is called the application where the tunnel leads in", () => {
    direction = INBOUND;
    choice = new ScriptedChoice(["a"]);
    open().dial();
    network.dialled[0]?.close("refused");
    expect(events).toEqual(["failed app-unreachable"]);
  });

  it("fails it at once where there is none", () => {
    choice = new ScriptedChoice([]);
    open().dial();
    expect(events).toEqual(["failed no-endpoints"]);
  });

  it("fails it also when it is lost before a client came", () => {
    open().dial();
    network.connectNewest().close("reset");
    expect(events).toEqual(["connected", "failed connection-lost"]);
    expect(choice.told.at(-1)).toBe("released");
  });
});

function flowingAfter(reason: "refused"): { client: SampleStream } {
  const tunnel = open();
  const client = new SampleStream();
  tunnel.join(client);
  network.dialled[0]?.close(reason);
  network.connectNewest();
  return { client };
}

describe("the end of a tunnel", () => {
  it("comes when both sides have ended, each by itself", () => {
    const { client, endpoint } = flowing();
    client.receiveEnd();
    expect([endpoint.finished, events]).toEqual([true, ["connected"]]);
    endpoint.receive("the rest");
    endpoint.receiveEnd();
    expect([client.written, client.finished]).toEqual(["the rest", true]);
    endpoint.close("closed");
    expect(events).toEqual(["connected"]);
    timers.advance(250);
    client.close("closed");
    expect(events).toEqual(["connected", "ended closed"]);
    expect(lines[0]).toMatchObject({
      protocol: "tcp",
      service: SERVICE,
      reason: "closed",
      answerBytes: 8,
      totalMs: 250,
    });
    expect(choice.told).toEqual(["connected 0", "released"]);
    expect(metric("tcp_open_connections", 'peer="src"')).toMatch(/ 0$/);
  });

  it.each(["client", "endpoint"] as const)("tells that it was reset by the %s", (who) => {
    const both = flowing();
    both[who].close("reset");
    const other = who === "client" ? both.endpoint : both.client;
    expect([other.wasReset, events.at(-1)]).toEqual([true, `ended ${who}-reset`]);
    expect(lines).toHaveLength(1);
  });

  it("comes with a client that goes before there is an endpoint", () => {
    const tunnel = open();
    const client = new SampleStream();
    tunnel.join(client);
    client.close("reset");
    expect([network.dialled[0]?.closed, events]).toEqual([true, ["ended client-reset"]]);
  });

  it("comes with a client that was gone when it should join", () => {
    const tunnel = open();
    const client = new SampleStream();
    client.closed = true;
    tunnel.join(client);
    expect([events, network.dialled]).toEqual([["ended client-reset"], []]);
  });

  it("can be brought about, once", () => {
    const { tunnel, client, endpoint } = flowing();
    tunnel.stop();
    tunnel.stop();
    expect([client.wasReset, endpoint.wasReset]).toEqual([true, true]);
    expect(events).toEqual(["connected", "ended stopped"]);
  });

  it("resets a client that comes to it afterwards", () => {
    const tunnel = open();
    tunnel.abandon();
    const client = new SampleStream();
    tunnel.join(client);
    expect([client.wasReset, events]).toEqual([true, []]);
  });

  it("comes after an idle time, where there is one", () => {
    idleTimeoutMs = 60_000;
    const { client, endpoint } = flowing();
    timers.advance(50_000);
    client.receive("still here");
    timers.advance(59_000);
    expect(events).toEqual(["connected"]);
    timers.advance(20_000);
    expect([client.wasReset, endpoint.wasReset]).toEqual([true, true]);
    expect(events.at(-1)).toBe("ended idle-timeout");
  });

  it("comes after it too where both keep silent, so that nobody knows what they speak", () => {
    idleTimeoutMs = 60_000;
    const tunnel = open();
    tunnel.dial();
    network.dialled[0]?.connect();
    timers.advance(59_000);
    expect(events).toEqual(["connected"]);
    timers.advance(20_000);
    expect(network.dialled[0]?.wasReset).toBe(true);
    expect([events.at(-1), tunnel.end]).toEqual(["failed connection-lost", "idle-timeout"]);
  });

  it("does not come to a stream that was given away", () => {
    idleTimeoutMs = 60_000;
    const tunnel = open();
    tunnel.dial();
    network.dialled[0]?.connect();
    expect(tunnel.takeStream()).not.toBeNull();
    timers.advance(24 * 3_600_000);
    expect([events, network.dialled[0]?.closed]).toEqual([["connected"], false]);
  });

  it("waits for ever where there is none", () => {
    flowing();
    timers.advance(24 * 3_600_000);
    expect(events).toEqual(["connected"]);
  });
});
