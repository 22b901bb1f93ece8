import { beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import { Succeeding } from "./succeeding.ts";
import { READY_WITHIN_MS, RETIRING_MAX, Succession } from "./succession.ts";
import type { HandedSocket, OwnProxy, Successor, SuccessorEvents } from "./successor.ts";

const SOCKETS: readonly HandedSocket[] = [{ name: "admin", fd: 20 }];

class FakeOwn implements OwnProxy {
  readonly asked: string[] = [];
  finish: () => void = () => {};

  keepSockets(): Promise<readonly HandedSocket[]> {
    this.asked.push("keep");
    return Promise.resolve(SOCKETS);
  }

  retire(): Promise<void> {
    this.asked.push("retire");
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.asked.push("stop");
    return new Promise((resolve) => {
      this.finish = resolve;
    });
  }
}

class FakeChild implements Successor {
  readonly pid: number;
  readonly events: SuccessorEvents;
  readonly got: string[] = [];

  constructor(pid: number, events: SuccessorEvents) {
    this.pid = pid;
    this.events = events;
  }

  tell(line: string): void {
    this.got.push(line);
  }

  kill(signal: string): void {
    this.got.push(signal);
  }
}

let timers: ManualTimers;
let own: FakeOwn;
let children: FakeChild[];
let succession: Succession;
let exitCode: number | null;

beforeEach(() => {
  timers = new ManualTimers();
  own = new FakeOwn();
  children = [];
  exitCode = null;
  succession = new Succession({
    own,
    start: (sockets, events) => {
      expect(sockets).toBe(SOCKETS);
      const child = new FakeChild(children.length + 1, events);
      children.push(child);
      return Promise.resolve(child);
    },
    timers,
    log: silentLog,
    graceMs: 1_000,
  });
  void succession.ended.then((code) => {
    exitCode = code;
  });
});

/** Lets promises that are settled go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

function child(number: number): FakeChild {
  const found = children[number - 1];
  if (found === undefined) throw new Error(`child ${number} was not started`);
  return found;
}

async function restarted(): Promise<FakeChild> {
  const restart = succession.restart();
  await settle();
  const next = child(children.length);
  next.events.said("ready");
  await restart;
  return next;
}

describe("Succession", () => {
  it("ends with 0 when it is told to, and nobody took its place", async () => {
    succession.shutdown();
    await settle();
    expect(exitCode).toBeNull();
    own.finish();
    await settle();
    expect([exitCode, own.asked]).toEqual([0, ["stop"]]);
  });

  it("retires when a new process serves, and not before", async () => {
    const restart = succession.restart();
    await settle();
    expect(own.asked).toEqual(["keep"]);
    child(1).events.said("ready");
    await restart;
    expect(own.asked).toEqual(["keep", "retire"]);
    expect(timers.pendingCount).toBe(0);
  });

  it("stays the parent of all that follow, and hands on the same sockets", async () => {
    const first = await restarted();
    const second = await restarted();
    expect([first.got, second.got]).toEqual([["retire"], []]);
    expect(own.asked).toEqual(["keep", "retire"]);
    first.events.ended(0);
    await settle();
    expect(exitCode).toBeNull();
  });

  it("goes on as it was when the new process ends before it serves", async () => {
    const restart = succession.restart();
    const refused = expect(restart).rejects.toThrow("ended with code 2 before it served");
    await settle();
    child(1).events.ended(2);
    await refused;
    expect(own.asked).toEqual(["keep"]);
    await restarted();
    expect(own.asked).toEqual(["keep", "retire"]);
  });

  it("ends a new process that does not get ready in time", async () => {
    const restart = succession.restart();
    const refused = expect(restart).rejects.toThrow("was not ready within");
    await settle();
    timers.advance(READY_WITHIN_MS);
    await refused;
    expect(child(1).got).toEqual(["SIGKILL"]);
    child(1).events.ended(137);
    await settle();
    expect([exitCode, own.asked]).toEqual([null, ["keep"]]);
  });

  it("makes one restart at a time, and bounds those that have not finished", async () => {
    const restart = succession.restart();
    await expect(succession.restart()).rejects.toThrow("another restart is under way");
    await settle();
    child(1).events.said("ready");
    await restart;
    for (let count = 0; count < RETIRING_MAX; count += 1) await restarted();
    await expect(succession.restart()).rejects.toThrow("earlier processes are still finishing");
    child(1).events.ended(0);
    await restarted();
  });

  it("passes the end on, and takes the exit code of who serves", async () => {
    const first = await restarted();
    const second = await restarted();
    succession.shutdown();
    succession.shutdown();
    expect([first.got, second.got]).toEqual([["retire", "SIGTERM"], ["SIGTERM"]]);
    own.finish();
    second.events.ended(7);
    await settle();
    expect(exitCode).toBeNull();
    first.events.ended(0);
    await settle();
    expect(exitCode).toBe(7);
  });

  it("ends when who serves has ended by itself", async () => {
    const only = await restarted();
    only.events.ended(137);
    await settle();
    own.finish();
    await settle();
    expect(exitCode).toBe(137);
  });

  it("ends in the middle of a restart, with all that there is", async () => {
    const refused = expect(succession.restart()).rejects.toThrow("it is stopping");
    await settle();
    succession.shutdown();
    expect([child(1).got, own.asked]).toEqual([["SIGTERM"], ["keep", "stop"]]);
    child(1).events.ended(0);
    own.finish();
    await refused;
    await settle();
    expect(exitCode).toBe(0);
    await expect(succession.restart()).rejects.toThrow("it is stopping");
  });

  it("kills what has not ended after the grace time", async () => {
    const only = await restarted();
    succession.shutdown();
    own.finish();
    timers.advance(3_000);
    expect(only.got).toEqual(["SIGTERM", "SIGKILL"]);
    only.events.ended(137);
    await settle();
    expect(exitCode).toBe(137);
  });

  it("restarts when who serves asks for it, and says how it went", async () => {
    const first = await restarted();
    first.events.said("restart");
    await settle();
    child(2).events.ended(1);
    await settle();
    expect(first.got[0]).toContain("failed the new process ended with code 1");
    first.events.said("restart");
    await settle();
    child(3).events.said("ready");
    await settle();
    expect(first.got.slice(1)).toEqual(["retire", "restarted"]);
  });
});

describe("Succeeding", () => {
  const said: string[] = [];
  let told: (line: string) => void;
  let lose: () => void;
  let succeeding: Succeeding;

  beforeEach(() => {
    said.length = 0;
    succeeding = new Succeeding(own, {
      say: (line) => void said.push(line),
      listen: (events) => {
        told = (line) => events.told(line);
        lose = () => events.lost();
      },
    });
    void succeeding.ended.then((code) => {
      exitCode = code;
    });
  });

  it("asks its parent for the next restart", async () => {
    succeeding.ready();
    const granted = succeeding.restart();
    await expect(succeeding.restart()).rejects.toThrow("another restart is under way");
    told("restarted");
    await granted;
    const refused = expect(succeeding.restart()).rejects.toThrow("it is stopping");
    told("failed it is stopping");
    await refused;
    expect(said).toEqual(["ready", "restart", "restart"]);
  });

  it("retires when it is told to, and then ends", async () => {
    told("retire");
    await settle();
    expect([own.asked, exitCode]).toEqual([["retire"], 0]);
  });

  it("does not outlive the first process", async () => {
    lose();
    own.finish();
    await settle();
    expect([own.asked, exitCode]).toEqual([["stop"], 0]);
  });
});
