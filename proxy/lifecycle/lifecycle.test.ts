import { beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import { type DoorName, Lifecycle } from "./lifecycle.ts";
import { type OpenConnection, OpenConnections } from "./open-connections.ts";

const GRACE_MS = 1_000;

class FakeConnection implements OpenConnection {
  readonly told: string[] = [];
  readonly #home: OpenConnections;
  readonly #isIdle: boolean;

  constructor(home: OpenConnections, isIdle: boolean) {
    this.#home = home;
    this.#isIdle = isIdle;
    home.add(this);
  }

  endAfterAnswer(): void {
    this.told.push("last");
  }

  drain(): void {
    this.told.push("drain");
    if (this.#isIdle) this.end();
  }

  abort(): void {
    this.told.push("abort");
    this.end();
  }

  end(): void {
    this.#home.delete(this);
  }
}

let timers: ManualTimers;
let lifecycle: Lifecycle;
const closed: DoorName[] = [];
const at = {
  admin: new OpenConnections(),
  outbound: new OpenConnections(),
  inbound: new OpenConnections(),
};

beforeEach(() => {
  timers = new ManualTimers();
  lifecycle = new Lifecycle({ clock: timers.clock, timers, log: silentLog, graceMs: GRACE_MS });
  closed.length = 0;
  for (const name of ["admin", "outbound", "inbound"] as const) {
    at[name] = new OpenConnections();
    const listener = { host: "", port: 1, fd: -1, close: () => void closed.push(name) };
    lifecycle.add({ name, listener, connections: at[name] });
  }
});

/** How long it takes, in virtual milliseconds. */
async function lasts(work: Promise<void>): Promise<number> {
  let isOver = false;
  void work.then(() => {
    isOver = true;
  });
  const startMs = timers.clock.nowMs();
  await Promise.resolve();
  await Promise.resolve();
  for (; !isOver; await Promise.resolve()) timers.advance(10);
  return timers.clock.nowMs() - startMs;
}

describe("Lifecycle", () => {
  it("tells callers of the workload that it is going, and no others, and closes nothing", () => {
    const inbound = new FakeConnection(at.inbound, true);
    const outbound = new FakeConnection(at.outbound, true);
    lifecycle.drain();
    lifecycle.drain();
    expect([lifecycle.stage, inbound.told, outbound.told]).toEqual(["draining", ["last"], []]);
    expect([at.inbound.leaving, at.outbound.leaving, closed]).toEqual([true, false, []]);
  });

  it("stops at once when all are idle, and leaves its pages open till the end", async () => {
    new FakeConnection(at.inbound, true);
    new FakeConnection(at.admin, false);
    expect(await lasts(lifecycle.stop())).toBeLessThan(30);
    expect(closed).toEqual(["outbound", "inbound"]);
    lifecycle.close();
    expect(closed).toContain("admin");
  });

  it("waits for what is under way, and not longer", async () => {
    const busy = new FakeConnection(at.outbound, false);
    timers.set(300, () => busy.end());
    expect(await lasts(lifecycle.stop())).toBeLessThan(350);
    expect(busy.told).toEqual(["drain"]);
  });

  it("cuts what has not ended by the grace time", async () => {
    const stuck = new FakeConnection(at.inbound, false);
    const tookMs = await lasts(lifecycle.stop());
    expect(tookMs).toBeGreaterThanOrEqual(GRACE_MS);
    expect(tookMs).toBeLessThan(GRACE_MS + 50);
    expect(stuck.told).toEqual(["drain", "abort"]);
  });

  it("retires without closing anything under a caller that is about to ask", async () => {
    const idle = new FakeConnection(at.outbound, true);
    const work = lifecycle.retire();
    expect([idle.told, closed]).toEqual([["last"], ["admin", "outbound", "inbound"]]);
    timers.set(500, () => idle.end());
    expect(await lasts(work)).toBeLessThan(550);
  });

  it("closes what is idle when stopped while it retires, by the first grace time", async () => {
    const stuck = new FakeConnection(at.outbound, false);
    const retired = lifecycle.retire();
    timers.advance(600);
    const stopped = lifecycle.stop();
    expect(stuck.told).toEqual(["last", "drain"]);
    expect(await lasts(stopped)).toBeLessThan(450);
    await retired;
    expect([lifecycle.stage, stuck.told.at(-1)]).toEqual(["stopping", "abort"]);
  });
});
