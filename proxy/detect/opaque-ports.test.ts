import { describe, expect, it } from "vitest";
import { UsageError } from "../../base/program.ts";
import { DEFAULT_OPAQUE_PORTS, parseOpaquePorts, portHint } from "./opaque-ports.ts";

describe("ports on which the server speaks first", () => {
  const ranges = parseOpaquePorts(DEFAULT_OPAQUE_PORTS);

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

  it("are what the user says", () => {
    const mine = parseOpaquePorts("4000-4010");
    expect(portHint("detect", 4005, mine)).toBe("opaque");
    expect(portHint("detect", 3306, mine)).toBe("detect");
    expect(parseOpaquePorts("")).toEqual([]);
    expect(() => parseOpaquePorts("mysql")).toThrow(UsageError);
    expect(() => parseOpaquePorts("4010-4000")).toThrow(
      '--opaque-ports: "4010-4000" ends before it begins',
    );
  });
});
