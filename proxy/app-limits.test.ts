import { describe, expect, it } from "vitest";
import { UsageError } from "../base/program.ts";
import { DEFAULT_PROXY_LIMITS, LIMIT_ROWS, parseLimits } from "./app-limits.ts";

describe("parseLimits", () => {
  it("takes the defaults where nothing is given", () => {
    expect(parseLimits([], false)).toEqual(DEFAULT_PROXY_LIMITS);
  });

  it.each(Object.entries(LIMIT_ROWS))("moves %s, and nothing else", (name, row) => {
    const value = row.default === row.min ? row.min + 1 : row.min;
    const moved = flatten(parseLimits([`${name}=${value}`], false));
    const before = flatten(DEFAULT_PROXY_LIMITS);
    const changed = Object.keys(before).filter((key) => before[key] !== moved[key]);
    // A target cannot be longer than the head that it is in.
    const follows = name === "headBytesMax" ? ["http1.targetBytesMax"] : [];
    expect(changed.filter((key) => !follows.includes(key))).toHaveLength(1);
    expect(moved[changed[0] ?? ""]).toBe(value);
  });

  it("lets the last one count", () => {
    const { http1 } = parseLimits(["fieldCountMax=100", "fieldCountMax=200"], false);
    expect(http1.fieldCountMax).toBe(200);
  });

  it("lets applications that know of no proxy pause, unless it is said otherwise", () => {
    const { server } = parseLimits([], true);
    expect([server.bodyIdleTimeoutMs, server.bodyBytesPerSecondMin]).toEqual([3_600_000, 0]);
    expect(parseLimits(["callerBodyIdleTimeoutMs=5000"], true).server).toMatchObject({
      bodyIdleTimeoutMs: 5_000,
      bodyBytesPerSecondMin: 0,
    });
  });

  it("names the limit that was meant", () => {
    expect(() => parseLimits(["headByteMax=4096"], false)).toThrow("did you mean headBytesMax?");
  });

  it.each(["headBytesMax", "headBytesMax=", "headBytesMax=64k", "=1", "headBytesMax=-1", ""])(
    "refuses %j",
    (text) => {
      expect(() => parseLimits([text], false)).toThrow(UsageError);
    },
  );

  it("refuses a number that no proxy could keep to", () => {
    expect(() => parseLimits(["headBytesMax=100"], false)).toThrow("1024 to 1048576");
    expect(() => parseLimits(["endpointConnectionsMax=0"], false)).toThrow("1 to 65535");
  });
});

function flatten(limits: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(limits).flatMap(([group, fields]) =>
      Object.entries<number>(fields).map(([name, value]) => [`${group}.${name}`, value]),
    ),
  );
}
