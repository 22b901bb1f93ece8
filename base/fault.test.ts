import { describe, expect, it } from "vitest";
import { FAULT_CODES, FAULTS, Fault, type FaultRow, isFaultCode } from "./fault.ts";

describe("the table of faults", () => {
  it.each(FAULT_CODES)("%s is complete and fit for a header and a line of text", (code) => {
    const row: FaultRow = FAULTS[code];
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(600);
    expect(row.hint).toMatch(/^[\x20-\x7e]{5,80}$/);
  });

  it("never asks for another try when the caller's request is at fault", () => {
    const rows = FAULT_CODES.map((code): FaultRow => FAULTS[code]);
    const callers = rows.filter((row) => row.side === "downstream");
    expect(callers.length).toBeGreaterThan(0);
    expect(callers.every((row) => row.retry === "no")).toBe(true);
    expect(rows.filter((row) => row.status < 500).every((row) => row.side === "downstream")).toBe(
      true,
    );
  });

  it("knows its codes and no inherited names", () => {
    expect(isFaultCode("connect-failed")).toBe(true);
    expect(["toString", "__proto__", "constructor", ""].some(isFaultCode)).toBe(false);
  });
});

describe("Fault", () => {
  it("takes what it means from the table", () => {
    const cause = new Error("ECONNREFUSED");
    const fault = new Fault("connect-failed", "10.0.0.1:80 refused", cause);
    expect(fault).toMatchObject({ status: 502, side: "upstream", retry: "yes", level: "warn" });
    expect([fault.detail, fault.cause]).toEqual(["10.0.0.1:80 refused", cause]);
    expect(fault.hint).toBe("check that the endpoint listens");
  });
});
