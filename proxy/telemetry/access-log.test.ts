import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { OUTBOUND } from "../exchange/exchange.ts";
import { type SampleExchange, sampleExchange } from "../exchange/sample-exchange.ts";
import { AccessLog, type AccessLogFormat } from "./access-log.ts";
import type { TcpRecord } from "./tcp-recorder.ts";

function logged(
  format: AccessLogFormat,
  request: string,
  change: Partial<SampleExchange["exchange"]> = {},
): string {
  const lines: string[] = [];
  const clock = new ManualClock();
  const log = new AccessLog({ clock, format, write: (line) => lines.push(line) });
  const { exchange } = sampleExchange(request, 100);
  Object.assign(exchange, {
    status: 200,
    answeredMs: 104.25,
    endedMs: 110.5,
    attempt: 2,
    ...change,
  });
  log.record(exchange);
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

const GET = "GET /a?b HTTP/1.1\r\nHost: web\r\n\r\n";

describe("a line of the access log", () => {
  it("says in JSON what became of the exchange", () => {
    const entry = JSON.parse(logged("json", GET, { requestBytes: 3, answerBytes: 7 }));
    expect(entry).toMatchObject({
      direction: "outbound",
      originalDestination: "",
      method: "GET",
      authority: "web",
      target: "/a?b",
      status: 200,
      fault: "",
      attempts: 2,
      requestBytes: 3,
      answerBytes: 7,
      firstByteMs: 4.25,
      totalMs: 10.5,
    });
  });

  it("names the fault where there was one, and times what was never answered", () => {
    const entry = JSON.parse(
      logged("json", GET, { fault: new Fault("connect-failed"), status: 502, answeredMs: 0 }),
    );
    expect(entry).toMatchObject({ fault: "connect-failed", status: 502, firstByteMs: 10.5 });
  });

  it("is one line of text", () => {
    const line = logged("text", GET);
    expect(line).toMatch(/^\S+ outbound "web" - "GET \/a\?b" 200 - - - - attempts=2 /);
    expect(line.endsWith("ms=4.25/10.5\n")).toBe(true);
    const redirected = logged("text", GET, { originalDestination: "10.96.0.1:80" });
    expect(redirected).toContain(' "web" 10.96.0.1:80 "GET ');
  });

  it.each(["json", "text"] as const)("cannot be forged or grown by a caller: %s", (format) => {
    const target = `/"%0a${"x".repeat(10_000)}`;
    const line = logged(format, `GET ${target} HTTP/1.1\r\nHost: web\r\n\r\n`);
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(line.length).toBeLessThan(3_000);
    expect(line).toContain('\\"%0a');
  });
});

const DB = formatServiceKey({ scheme: "svc", namespace: "shop", name: "db", port: 5432 });

function loggedConnection(format: AccessLogFormat, change: Partial<TcpRecord> = {}): string {
  const lines: string[] = [];
  const log = new AccessLog({
    clock: new ManualClock(),
    format,
    write: (line) => lines.push(line),
  });
  log.recordConnection({
    direction: OUTBOUND,
    service: DB,
    route: "",
    backend: DB,
    endpoint: "10.0.0.7:5432",
    client: "10.0.0.1:40000",
    originalDestination: "10.96.0.9:5432",
    sni: "db.shop",
    end: "closed",
    fault: null,
    attempts: 1,
    requestBytes: 3,
    answerBytes: 7,
    startedMs: 100,
    connectedMs: 100.5,
    endedMs: 1_100.25,
    ...change,
  });
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

describe("the line of a connection that was carried as it is", () => {
  it("says in JSON what became of it", () => {
    expect(JSON.parse(loggedConnection("json"))).toMatchObject({
      direction: "outbound",
      protocol: "tcp",
      client: "10.0.0.1:40000",
      originalDestination: "10.96.0.9:5432",
      sni: "db.shop",
      service: DB,
      backend: DB,
      endpoint: "10.0.0.7:5432",
      reason: "closed",
      fault: "",
      attempts: 1,
      requestBytes: 3,
      answerBytes: 7,
      connectMs: 0.5,
      totalMs: 1_000.25,
    });
  });

  it("is one line of text", () => {
    const line = loggedConnection("text", {
      sni: "",
      end: "connect-failed",
      fault: new Fault("connect-failed"),
      connectedMs: 0,
    });
    expect(line).toMatch(
      /^\S+ outbound tcp - 10\.96\.0\.9:5432 connect-failed connect-failed - svc\/shop\/db:5432 /,
    );
    expect(line.endsWith("attempts=1 bytes=3/7 ms=1000.25/1000.25\n")).toBe(true);
  });

  it("cannot be forged by a name in a ClientHello", () => {
    const line = loggedConnection("text", { sni: 'a" closed\n' });
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(line).toContain('"a\\" closed\\n"');
  });
});
