import { describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { Readiness } from "./readiness.ts";

function readiness(
  needsOperator: boolean,
  interception: { readonly problem: string } | null = null,
  takesOver = false,
) {
  const timers = new ManualTimers();
  const waits = { needsOperator, withoutOperatorMs: 500 };
  const ready = new Readiness({ clock: timers.clock, timers, ...waits, interception, takesOver });
  return { timers, ready };
}

describe("readiness", () => {
  it("comes with the doors where there is no operator to wait for", () => {
    const { ready } = readiness(false);
    expect(ready.problem).toContain("starting");
    ready.start();
    expect(ready.problem).toBe("");
  });

  it("comes with the first configuration", () => {
    const { ready } = readiness(true);
    ready.start();
    expect(ready.problem).toContain("operator");
    ready.configured();
    expect(ready.problem).toBe("");
  });

  it("comes without an operator when that was waited for long enough", () => {
    const { timers, ready } = readiness(true);
    ready.start();
    timers.advance(499);
    expect(ready.problem).not.toBe("");
    timers.advance(1);
    expect(ready.problem).toBe("");
  });

  it("needs the proof where applications are to be intercepted", () => {
    const interception = { problem: "interception: it is not" };
    const { timers, ready } = readiness(true, interception);
    ready.start();
    expect(ready.problem).toContain("operator");
    timers.advance(500);
    expect(ready.problem).toBe("interception: it is not");
    interception.problem = "";
    expect(ready.problem).toBe("");
  });

  it("believes a proof of the process before it, for a while", () => {
    const { timers, ready } = readiness(false, { problem: "interception: it is not" }, true);
    ready.start();
    expect(ready.problem).toBe("");
    timers.advance(5_000);
    expect(ready.problem).toBe("interception: it is not");
  });

  it("ends when the proxy is told to stop", () => {
    const { ready } = readiness(false);
    ready.start();
    ready.stop();
    expect(ready.problem).toContain("stopping");
  });
});
