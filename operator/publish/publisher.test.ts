import { describe, expect, it } from "vitest";
import type { ControlFrame, ControlLink } from "../../mesh/control-link.ts";
import { ControlWorld, type Replica } from "../../test/harness/control-world.ts";
import { destination, endpointSet, range, service } from "../../test/harness/fake-table.ts";
import type { PublishLimits } from "./publish-limits.ts";

const WEB = service("web");
const subscribe = { message: "subscribe", type: "destination", key: WEB, revision: "" };
const hello = {
  ...{ message: "hello", protocol: 1, proxy: { name: "web-1", version: "1" } },
  ...{ namespace: "shop", features: ["endpoint-deltas"], holds: [] },
};

/** Acks whatever it gets, one turn later. */
class AckingProxy implements ControlLink {
  readonly bufferedBytes = 0;
  readonly heard: ControlFrame[] = [];
  closeCode = 0;
  readonly #world: ControlWorld;
  readonly session;

  constructor(world: ControlWorld, replica: Replica) {
    this.#world = world;
    this.session = replica.publisher.accept(this, "test");
    this.say(hello);
    this.say(subscribe);
  }

  say(message: object): void {
    this.session?.receive(JSON.stringify(message));
  }

  send(frame: ControlFrame): void {
    this.heard.push(frame);
    const text = typeof frame === "string" ? frame : Buffer.from(frame).toString();
    const { message, type, key, revision } = JSON.parse(text);
    if (message !== "snapshot" && message !== "delta") return;
    this.#world.timers.set(0, () => this.say({ message: "ack", type, key, revision }));
  }

  close(code: number): void {
    this.closeCode = code;
  }

  terminate(): void {
    this.close(1006);
  }
}

function begin(count: number, limits: Partial<PublishLimits> = {}) {
  const world = new ControlWorld(1);
  world.table.put("destination", WEB, destination("web", ["web"]));
  world.table.put("endpoints", WEB, endpointSet("web", range(150)));
  const replica = world.replica("ws://one", limits);
  const proxies = range(count).map(() => new AckingProxy(world, replica));
  world.run(1000);
  return { world, replica, proxies };
}

describe("the publisher", () => {
  it("sends changes that come together once", () => {
    const { world, replica } = begin(3);
    const before = replica.observer.count("sent endpoints");
    for (const count of range(10, 151)) {
      world.table.put("endpoints", WEB, endpointSet("web", range(count)));
      world.run(1);
    }
    world.run(1000);
    // The first change leaves at once, and all that came while others gathered leaves together.
    expect(replica.observer.count("sent endpoints") - before).toBe(2 * 3);
    expect(replica.observer.count("acked endpoints")).toBe(3 * 3);
  });

  it("gives the same bytes to all receivers", () => {
    const { world, proxies } = begin(3);
    world.table.put("endpoints", WEB, endpointSet("web", range(151)));
    world.run(1000);
    const frames = proxies.map(({ heard }) => heard.at(-1));
    expect(frames[0]).toBeInstanceOf(Uint8Array);
    expect(new Set(frames).size).toBe(1);
  });

  it("spreads a large round over several turns", () => {
    const { world, replica } = begin(25, { pumpsPerTurnMax: 10, coalesceMs: 0 });
    const before = replica.observer.count("sent destination");
    world.table.put("destination", WEB, destination("web", ["web"], "next"));
    const sent: number[] = [];
    const unwatched = world.timers.pendingCount;
    expect(unwatched).toBeGreaterThan(0);
    for (const _ of range(4)) {
      sent.push(replica.observer.count("sent destination") - before);
      runOneTurn(world);
    }
    expect(sent).toEqual([0, 10, 20, 25]);
  });

  it("forgets who has left in the middle of a round", () => {
    const { world, replica, proxies } = begin(25, { pumpsPerTurnMax: 10, coalesceMs: 0 });
    world.table.put("destination", WEB, destination("web", ["web"], "next"));
    runOneTurn(world);
    for (const { session } of proxies) session?.closed();
    world.run(1000);
    expect(replica.publisher.sessions()).toEqual([]);
    expect(replica.observer.count("sent destination")).toBe(35);
    expect(world.timers.pendingCount).toBe(0);
  });

  it("turns away what it has no room for, and takes the next when there is", () => {
    const { world, replica, proxies } = begin(2, { sessionsMax: 2 });
    const third = new AckingProxy(world, replica);
    expect(third.closeCode).toBe(1013);
    expect(third.heard).toEqual([]);
    proxies[0]?.session?.closed();
    expect(new AckingProxy(world, replica).closeCode).toBe(0);
    expect(replica.publisher.sessions().map(({ id }) => id)).toEqual(["s2", "s3"]);
  });

  it("sends everyone elsewhere when it stops, and leaves nothing behind", () => {
    const { world, replica, proxies } = begin(2);
    replica.stop();
    for (const { heard, closeCode } of proxies) {
      expect(String(heard.at(-1))).toContain('"going-away"');
      expect(closeCode).toBe(1001);
    }
    world.run(10);
    expect(world.timers.pendingCount).toBe(0);
    expect(new AckingProxy(world, replica).closeCode).toBe(1013);
  });

  it("tells who holds objects that changed without changing the resource", () => {
    const { world, replica } = begin(1);
    const again = world.table.put("destination", WEB, destination("web", ["web"]));
    const before = replica.observer.count("sent destination");
    world.run(1000);
    expect(replica.sink.states.get(`s1 destination:${WEB}`)?.held).toBe(again);
    expect(replica.observer.count("sent destination")).toBe(before);
  });

  it("sends its proxies away one after another, and takes none meanwhile", async () => {
    const { world, replica, proxies } = begin(40);
    let isDone = false;
    const draining = replica.publisher.drain(4_000).then(() => {
      isDone = true;
    });
    const gone = () => proxies.filter(({ closeCode }) => closeCode === 1001).length;
    const counts: number[] = [];
    for (let second = 0; second < 4; second++) {
      counts.push(gone());
      world.run(1_000);
    }
    expect(counts).toEqual([0, 10, 20, 30]);
    const late = new AckingProxy(world, replica);
    expect(late.closeCode).toBe(1013);
    world.run(100);
    await draining;
    expect([gone(), isDone]).toEqual([40, true]);
  });

  it("brings a change to those that have not been sent away yet", () => {
    const { world, replica, proxies } = begin(10);
    void replica.publisher.drain(1_000);
    world.run(500);
    const before = proxies.map(({ heard }) => heard.length);
    world.table.put("destination", WEB, destination("web", ["web"], "changed"));
    world.run(100);
    const told = proxies.filter(({ heard }, n) =>
      heard.slice(before[n]).some((frame) => Buffer.from(frame).toString().includes("changed")),
    );
    expect(told.length).toBeGreaterThanOrEqual(4);
    expect(told.every(({ closeCode }) => closeCode !== 1013)).toBe(true);
  });
});

/** What is due now, without what that makes due. */
function runOneTurn({ timers }: ControlWorld): void {
  const later = timers.set.bind(timers);
  const held: [number, () => void][] = [];
  timers.set = (delayMs, callback) => {
    held.push([delayMs, callback]);
    return { timer: null };
  };
  timers.advance(0);
  timers.set = later;
  for (const [delayMs, callback] of held) timers.set(delayMs, callback);
}
