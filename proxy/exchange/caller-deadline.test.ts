import { describe, expect, it } from "vitest";
import { NO_DEADLINE } from "../limits/remaining-time.ts";
import { remainingMsOf } from "./caller-deadline.ts";
import { sampleExchange } from "./sample-exchange.ts";

const remaining = (fields: string) =>
  remainingMsOf(sampleExchange(`GET / HTTP/1.1\r\nHost: web\r\n${fields}\r\n`).exchange);

describe("the time that a caller gives", () => {
  it.each([
    ["", NO_DEADLINE],
    ["heddle-deadline: 0\r\n", 0],
    ["Heddle-Deadline: 250\r\n", 250],
    ["heddle-deadline: -1\r\n", NO_DEADLINE],
    ["heddle-deadline: 1e3\r\n", NO_DEADLINE],
    ["heddle-deadline:\r\n", NO_DEADLINE],
    ["heddle-retry-attempt: 2\r\n", NO_DEADLINE],
    ["grpc-timeout: 2S\r\n", 2_000],
    ["grpc-timeout: 2\r\n", NO_DEADLINE],
    ["grpc-timeout: 100m\r\nheddle-deadline: 90\r\n", 90],
    ["grpc-timeout: 80m\r\nheddle-deadline: 90\r\n", 80],
    ["grpc-timeout: never\r\nheddle-deadline: 90\r\n", 90],
  ])("%j is %i", (fields, ms) => {
    expect(remaining(fields)).toBe(ms);
  });

  it.each(["heddle-deadline: 90", "grpc-timeout: 90m"])("is read where %s comes first", (field) => {
    const { exchange } = sampleExchange(`GET / HTTP/1.1\r\n${field}\r\nHost: web\r\n\r\n`);
    expect(remainingMsOf(exchange)).toBe(90);
    expect(exchange.hasGrpcTimeout).toBe(field.startsWith("grpc"));
  });
});
