import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { type Exchange, INBOUND } from "../exchange/exchange.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { forwardRequestHead } from "./forward-head.ts";

const PLAIN = "GET / HTTP/1.1\r\nHost: web\r\n";

function forwarded(fields: string, change: Partial<Exchange> = {}): string {
  const { exchange } = sampleExchange(`${PLAIN}${fields}\r\n`);
  Object.assign(exchange, { tryNumber: 1 }, change);
  const writer = new ByteWriter(16);
  forwardRequestHead(writer, exchange, new ManualClock(1_000));
  return Buffer.from(writer.bytes.subarray(0, writer.length)).toString("latin1");
}

describe("a request's head on its way to an endpoint", () => {
  it("is as it came for a first try without a deadline, but for the mesh's own fields", () => {
    expect(forwarded("A: b\r\n")).toBe(`${PLAIN}A: b\r\n\r\n`);
    expect(forwarded("heddle-deadline: 5\r\nheddle-retry-attempt: 3\r\n")).toBe(`${PLAIN}\r\n`);
    expect(forwarded("grpc-timeout: 5S\r\n")).toContain("grpc-timeout: 5S\r\n");
  });

  it("is as it came for a proxy that stands where its connection was meant to go", () => {
    const line = "GET http://out.example/a HTTP/1.1\r\nHost: out.example\r\n";
    const told = (change: Partial<Exchange>): string => {
      const { exchange } = sampleExchange(`${line}\r\n`);
      Object.assign(exchange, { tryNumber: 1 }, change);
      const writer = new ByteWriter(16);
      forwardRequestHead(writer, exchange, new ManualClock(1_000));
      return Buffer.from(writer.bytes.subarray(0, writer.length)).toString("latin1");
    };
    const originalDestination = "10.96.0.20:3128";
    expect(told({ originalDestination })).toBe(`${line}\r\n`);
    expect(told({ originalDestination, tryNumber: 2 })).toBe(
      `${line}heddle-retry-attempt: 1\r\n\r\n`,
    );
    expect(told({ tryNumber: 2 })).toMatch(/^GET \/a HTTP/);
    expect(told({})).toMatch(/^GET \/a HTTP/);
  });

  it("says what remains, rounded down, and which retry it is", () => {
    expect(forwarded("", { deadlineMs: 1_250.7 })).toBe(`${PLAIN}heddle-deadline: 250\r\n\r\n`);
    expect(forwarded("", { deadlineMs: 900 })).toContain("heddle-deadline: 0\r\n");
    expect(forwarded("", { tryNumber: 3 })).toBe(`${PLAIN}heddle-retry-attempt: 2\r\n\r\n`);
    expect(forwarded("", { tryNumber: 2, deadlineMs: 1_001 })).toBe(
      `${PLAIN}heddle-deadline: 1\r\nheddle-retry-attempt: 1\r\n\r\n`,
    );
  });

  it("shortens the time of a gRPC call, and leaves calls without one alone", () => {
    const text = forwarded("grpc-timeout: 9S\r\nTE: trailers\r\n", {
      deadlineMs: 1_200,
      hasGrpcTimeout: true,
    });
    expect(text).toContain("heddle-deadline: 200\r\ngrpc-timeout: 200m\r\n");
    expect(text.match(/grpc-timeout/g)).toHaveLength(1);
  });

  it("tells an application which try of its caller it is, where that is a number", () => {
    const told = (value: string) =>
      forwarded(`heddle-retry-attempt: ${value}\r\n`, { direction: INBOUND });
    expect(told("2")).toBe(`${PLAIN}heddle-retry-attempt: 2\r\n\r\n`);
    for (const value of ["0", "two", "1000", "-1", "1 1"]) expect(told(value)).toBe(`${PLAIN}\r\n`);
  });
});
