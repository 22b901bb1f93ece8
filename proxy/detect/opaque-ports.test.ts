import { describe, expect, it } from "vitest";
import { parsePortRanges } from "../../base/port-ranges.ts";
import { DEFAULT_OPAQUE_PORTS, portHint } from "./opaque-ports.ts";

describe("ports on which the server speaks first", () => {
  const parsed = parsePortRanges(DEFAULT_OPAQUE_PORTS);
  const ranges = "problem" in parsed ? [] : parsed.ranges;

  it("are opaque where nobody said anything", () => {
    const opaque = [25, 80, 587, 3306, 4444, 5432, 6379, 8080, 9300, 11211].filter(
      (port) => portHint("detect", port, ranges) === "opaque",
    );
    expect(opaque).toEqual([25, 587, 3306, 4444, 5432, 6379, 9300, 11211]);
  });

  it("are what the objects of their service say", () => {
    expect(portHint("http1", 6379, ranges)).toBe("http1");
    expect(portHint("http2", 6379, ranges)).toBe("http2");
    expect(portHint("opaque", 80, ranges)).toBe("opaque");
  });
});
