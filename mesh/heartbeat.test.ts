import { describe, expect, it } from "vitest";
import { Heartbeat } from "./heartbeat.ts";

describe("heartbeat", () => {
  it("asks after one beat of silence, and gives up one and a half later", () => {
    const heartbeat = new Heartbeat(1000, 0);
    expect(heartbeat.check(999)).toBe("quiet");
    expect(heartbeat.dueInMs(999)).toBe(1);
    expect(heartbeat.check(1000)).toBe("ping");
    expect(heartbeat.dueInMs(1000)).toBe(1500);
    expect(heartbeat.check(2499)).toBe("quiet");
    expect(heartbeat.check(2500)).toBe("dead");
  });

  it("starts afresh with anything that is heard", () => {
    const heartbeat = new Heartbeat(1000, 0);
    expect(heartbeat.check(1000)).toBe("ping");
    heartbeat.heard(2400);
    expect(heartbeat.heardMs).toBe(2400);
    expect(heartbeat.check(3399)).toBe("quiet");
    expect(heartbeat.check(3400)).toBe("ping");
  });

  it("does not blame the peer for the time that we were not running", () => {
    const heartbeat = new Heartbeat(1000, 0);
    expect(heartbeat.check(3_600_000)).toBe("ping");
    expect(heartbeat.check(3_600_001)).toBe("quiet");
    expect(heartbeat.dueInMs(9_000_000)).toBe(0);
  });
});
