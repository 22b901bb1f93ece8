import { EventEmitter } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { type ArrivalLimits, Arrivals } from "./arrivals.ts";

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  readonly remotePort: number | undefined;
  isDestroyed = false;

  constructor(remoteAddress: string, remotePort: number | undefined) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.emit("close");
  }
}

const timers = new ManualTimers();
let arrivals: Arrivals | undefined;
let turnedAway: string[];

afterEach(() => {
  arrivals?.stop();
  expect(timers.pendingCount).toBe(0);
});

function create(limits: Partial<ArrivalLimits> = {}): Arrivals {
  turnedAway = [];
  arrivals = new Arrivals({
    ...{ clock: timers.clock, timers, limits },
    turnedAway: (reason) => turnedAway.push(reason),
  });
  return arrivals;
}

describe("connections that nobody knows yet", () => {
  it("are few of one address, and leave room for others", () => {
    const all = create({ ofAddressMax: 2, arrivalsMax: 3 });
    const sockets = [1, 2, 3].map((port) => new FakeSocket("10.0.0.1", port));
    for (const socket of sockets) all.add(socket);
    const other = new FakeSocket("10.0.0.2", 1);
    all.add(other);
    const third = new FakeSocket("10.0.0.3", 1);
    all.add(third);
    expect(sockets.map(({ isDestroyed }) => isDestroyed)).toEqual([false, false, true]);
    expect([other.isDestroyed, third.isDestroyed]).toEqual([false, true]);
    expect(turnedAway).toEqual(["arrivals", "arrivals"]);
  });

  it("make room when they are known, by their two ends alone, and when they go", () => {
    const all = create({ ofAddressMax: 2 });
    const [one, two, three, four] = [1, 2, 3, 4].map((port) => new FakeSocket("::1", port));
    all.add(one as FakeSocket);
    all.add(two as FakeSocket);
    all.arrived({ remoteAddress: "::1", remotePort: 1 });
    all.add(three as FakeSocket);
    expect([all.size, three?.isDestroyed]).toEqual([2, false]);
    two?.destroy();
    // What is known already is no concern of these any more.
    one?.destroy();
    all.add(four as FakeSocket);
    expect([all.size, four?.isDestroyed]).toEqual([2, false]);
  });

  it("are told apart where they have no ends", () => {
    const all = create();
    const sockets = [1, 2].map(() => new FakeSocket("", undefined));
    for (const socket of sockets) all.add(socket);
    expect(all.size).toBe(2);
    all.arrived(sockets[0] as FakeSocket);
    expect(all.size).toBe(1);
  });

  it("have little time", () => {
    const all = create({ timeoutMs: 10_000, checkMs: 1_000 });
    const early = new FakeSocket("10.0.0.1", 1);
    const known = new FakeSocket("10.0.0.1", 2);
    all.add(early);
    all.add(known);
    all.arrived(known);
    timers.advance(5_000);
    const late = new FakeSocket("10.0.0.1", 3);
    all.add(late);
    timers.advance(6_000);
    expect([early, known, late].map(({ isDestroyed }) => isDestroyed)).toEqual([
      true,
      false,
      false,
    ]);
    expect(turnedAway).toEqual(["arrival-timeout"]);
    timers.advance(5_000);
    expect([late.isDestroyed, all.size]).toEqual([true, 0]);
  });
});
