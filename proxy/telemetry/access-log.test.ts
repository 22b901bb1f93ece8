import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { type SampleExchange, sampleExchange } from "../exchange/sample-exchange.ts";
import { AccessLog, type AccessLogFormat } from "./access-log.ts";

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
    expect(line).toMatch(/^\S+ outbound "web" "GET \/a\?b" 200 - - - - attempts=2 /);
    expect(line.endsWith("ms=4.25/10.5\n")).toBe(true);
  });

  it.each(["json", "text"] as const)("cannot be forged or grown by a caller: %s", (format) => {
    const target = `/"%0a${"x".repeat(10_000)}`;
    const line = logged(format, `GET ${target} HTTP/1.1\r\nHost: web\r\n\r\n`);
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(line.length).toBeLessThan(3_000);
    expect(line).toContain('\\"%0a');
  });
});
