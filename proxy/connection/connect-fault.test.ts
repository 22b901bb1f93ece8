import { describe, expect, it } from "vitest";
import { appFault, connectFault } from "./connect-fault.ts";

describe("what failing to connect is called", () => {
  it.each([
    ["refused", "connect-failed", "app-unreachable"],
    ["timeout", "connect-timeout", "app-unreachable"],
    ["loop", "loop-detected", "loop-detected"],
    ["no-files", "overloaded", "overloaded"],
  ] as const)("%s is %s, and %s behind this proxy", (reason, code, behind) => {
    const fault = connectFault({ address: "10.0.0.1", port: 80 }, reason);
    expect([fault.code, fault.detail]).toEqual([code, `10.0.0.1:80: ${reason}`]);
    expect(appFault(fault).code).toBe(behind);
  });

  it("names an address of IPv6 so that its port can be told from it", () => {
    expect(connectFault({ address: "fd00::1", port: 80 }, "refused").detail).toBe(
      "[fd00::1]:80: refused",
    );
  });
});
