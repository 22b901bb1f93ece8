/** Replicas that tell their leader, over links in memory and with time in the test's hand. */
import { beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import { ControlNetwork } from "../../test/harness/control-network.ts";
import { destination, FakeTable } from "../../test/harness/fake-table.ts";
import type { HeldRevision, SessionInfo } from "../publish/resources.ts";
import { ProgrammedTable } from "../status/programmed-table.ts";
import { LEADER_LINK_LIMITS, LeaderLink } from "./leader-link.ts";
import { HUB_LIMITS } from "./replica.ts";
import { ReplicaHub } from "./replica-hub.ts";
import { REPLICA_LIMITS } from "./replica-messages.ts";
import { SessionReports } from "./session-reports.ts";

const LEADER = "10.0.0.1:4190";
const REF = { group: "heddle.mesh", kind: "TrafficSplit", namespace: "shop", name: "web" };
const SPLIT = "heddle.mesh/TrafficSplit/shop/web";
const WEB = { type: "destination", key: "svc/shop/web:80" } as const;

let timers: ManualTimers;
let network: ControlNetwork;
let published: FakeTable;
let leading: boolean;
let leader: ProgrammedTable;
let hub: ReplicaHub;

beforeEach(() => {
  timers = new ManualTimers();
  network = new ControlNetwork({ timers, random: createSeededRandom(5), delayMaxMs: 20 });
  published = new FakeTable();
  put(1);
  leading = true;
  leader = createTable();
  const { clock } = timers;
  hub = new ReplicaHub({
    ...{ table: leader, clock, timers, log: silentLog, leads: () => leading },
  });
  serve();
});

function createTable(): ProgrammedTable {
  return new ProgrammedTable({ table: published, wallMs: () => timers.clock.wallMs() });
}

function serve(): void {
  network.serve(LEADER, (link, remote) => {
    const end = hub.accept(link, remote);
    if (end === undefined) return undefined;
    return { onText: (text) => end.receive(text), onDrain: () => {}, onClose: () => end.closed() };
  });
}

/** The resource, made of the split at that generation. */
function put(generation: number): HeldRevision {
  const resource = published.put("destination", WEB.key, destination("web", [], `${generation}`));
  const objects = [{ ...REF, generation }];
  Object.assign(resource, { objects });
  return { revision: resource.revision, objects };
}

function createReplica(identity: string) {
  const table = createTable();
  const reports = new SessionReports({ table });
  const { clock } = timers;
  const link = new LeaderLink({
    ...{ reports, dial: network.connector(), identity, clock, timers, log: silentLog },
    operator: { name: "heddle-operator", version: "1" },
    random: createSeededRandom(identity.length),
  });
  const open = (id: string, podUid = "", at: HeldRevision | null = null): SessionInfo => {
    const identity = { namespace: "shop", name: id, serviceAccount: "web", podUid };
    const info: SessionInfo = {
      ...{ id, proxyName: id, proxyVersion: "1", namespace: "shop", features: [], remote: "" },
      identity: podUid === "" ? null : identity,
    };
    reports.sessionOpened(info);
    hold(id, at);
    return info;
  };
  const hold = (id: string, held: HeldRevision | null, refusedBecause = ""): void => {
    const { revision = "" } = published.lookup(WEB) ?? {};
    const refused = refusedBecause === "" ? null : { revision, reason: refusedBecause };
    reports.resourceChanged(id, { name: WEB, held, refused, missing: [] });
  };
  return { reports, link, open, hold };
}

function pass(durationMs: number): void {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 10) timers.advance(10);
}

function proxies(): string {
  const { programmed, subscribed } = leader.count(SPLIT, [WEB]);
  return `${programmed}/${subscribed}`;
}

describe("the leader", () => {
  it("counts the proxies of all replicas, those from before the link as well", () => {
    const first = put(1);
    const [a, b] = [createReplica("a"), createReplica("b")];
    a.open("s1", "", first);
    a.link.follow(LEADER);
    b.link.follow(LEADER);
    pass(500);
    expect(proxies()).toBe("1/1");
    b.open("s1", "", first);
    b.open("s2");
    pass(500);
    expect([proxies(), hub.replicaCount]).toEqual(["2/3", 2]);
    b.reports.sessionClosed("s2");
    a.reports.resourceDropped("s1", WEB);
    pass(500);
    expect(proxies()).toBe("1/1");
  });

  it("knows by generations who is behind, whatever revision it is at itself", () => {
    const first = put(1);
    const replica = createReplica("a");
    replica.open("s1", "", first);
    replica.link.follow(LEADER);
    pass(500);
    const second = put(2);
    expect(proxies()).toBe("0/1");
    // Another object has changed: the split is at the same generation in both.
    put(3);
    Object.assign(published.lookup(WEB) ?? {}, { objects: second.objects });
    replica.hold("s1", second);
    pass(500);
    expect(proxies()).toBe("1/1");
  });

  it("is told why a proxy refused", () => {
    const replica = createReplica("a");
    replica.open("s1");
    replica.link.follow(LEADER);
    replica.hold("s1", null, "invalid: no");
    pass(500);
    expect(leader.count(SPLIT, [WEB]).refused).toBe("s1: invalid: no");
  });

  it("counts a proxy once that has gone from one replica to another", () => {
    const first = put(1);
    const [a, b] = [createReplica("a"), createReplica("b")];
    for (const { link } of [a, b]) link.follow(LEADER);
    a.open("s1", "pod-1", first);
    pass(500);
    b.open("s9", "pod-1");
    pass(500);
    expect(proxies()).toBe("0/1");
    b.hold("s9", first);
    a.reports.sessionClosed("s1");
    pass(500);
    expect(proxies()).toBe("1/1");
    // What comes late from the other is of the past.
    b.reports.sessionClosed("s9");
    pass(500);
    expect(proxies()).toBe("0/0");
  });

  it("keeps what a replica told for a moment when its link is gone, and not for longer", () => {
    const replica = createReplica("a");
    replica.open("s1", "", put(1));
    replica.link.follow(LEADER);
    pass(500);
    network.serve(LEADER, undefined);
    for (const pipe of network.pipes) pipe.kill();
    pass(HUB_LIMITS.graceMs - 500);
    expect(proxies()).toBe("1/1");
    pass(1_000);
    expect([proxies(), hub.replicaCount]).toEqual(["0/0", 0]);
  });

  it("is told all again over a new link, and forgets who went meanwhile", () => {
    const first = put(1);
    const replica = createReplica("a");
    for (const id of ["s1", "s2"]) replica.open(id, "", first);
    replica.link.follow(LEADER);
    pass(500);
    for (const pipe of network.pipes) pipe.kill();
    pass(10);
    replica.reports.sessionClosed("s1");
    pass(3_000);
    expect(proxies()).toBe("1/1");
    // Also where nobody is left to tell of.
    for (const pipe of network.pipes) pipe.kill();
    pass(10);
    replica.reports.sessionClosed("s2");
    pass(3_000);
    expect([proxies(), hub.replicaCount]).toEqual(["0/0", 1]);
  });

  it("notices a replica that has vanished without a word", () => {
    const replica = createReplica("a");
    replica.open("s1", "", put(1));
    replica.link.follow(LEADER);
    pass(500);
    network.serve(LEADER, undefined);
    for (const pipe of network.pipes) pipe.hang();
    pass(HUB_LIMITS.heartbeatMs * 3 + HUB_LIMITS.graceMs);
    expect(proxies()).toBe("0/0");
  });

  it("forgets all when another one leads, and that one is told", () => {
    const replica = createReplica("a");
    replica.open("s1", "", put(1));
    replica.link.follow(LEADER);
    pass(500);
    leading = false;
    hub.leadershipChanged();
    expect([proxies(), hub.replicaCount]).toEqual(["0/0", 0]);
    pass(3_000);
    expect(replica.link.isLive).toBe(false);
    leading = true;
    pass(LEADER_LINK_LIMITS.retryMaxMs);
    expect(proxies()).toBe("1/1");
    replica.link.follow("");
    pass(HUB_LIMITS.graceMs + 100);
    expect(proxies()).toBe("0/0");
  });

  it("is told of many in parts, and of each change once", () => {
    const first = put(1);
    const replica = createReplica("a");
    const count = 3 * REPLICA_LIMITS.entriesMax;
    for (let n = 0; n < count; n++) replica.open(`s${n}`);
    replica.link.follow(LEADER);
    pass(500);
    const [pipe] = network.pipes;
    expect(proxies()).toBe(`0/${count}`);
    expect(Math.max(...(pipe?.near.sent ?? []).map((text) => text.length))).toBeLessThan(
      REPLICA_LIMITS.messageBytesMax / 4,
    );
    const before = pipe?.near.sent.length ?? 0;
    for (let n = 0; n < count; n++) replica.hold(`s${n}`, first);
    for (let n = 0; n < count; n++) replica.hold(`s${n}`, first);
    pass(500);
    expect(proxies()).toBe(`${count}/${count}`);
    expect((pipe?.near.sent.length ?? 0) - before).toBeLessThanOrEqual(4);
  });
});

describe("a link", () => {
  it.each(["", "{", "[]", '{"message":"hello"}', '{"message":"sessions","opened":{}}'])(
    "that says %j is closed",
    (text) => {
      let isClosed = false;
      const events = { onText: () => {}, onDrain: () => {}, onClose: () => (isClosed = true) };
      const link = network.connector()(LEADER, {
        onOpen: () => link.send(text),
        ...{ ...events, onClose: () => void events.onClose() },
      });
      pass(200);
      expect([isClosed, hub.replicaCount]).toEqual([true, 0]);
    },
  );

  it("that says nothing is closed", () => {
    let isClosed = false;
    network.connector()(LEADER, {
      ...{ onOpen: () => {}, onText: () => {}, onDrain: () => {} },
      onClose: () => {
        isClosed = true;
      },
    });
    pass(HUB_LIMITS.helloTimeoutMs + 100);
    expect(isClosed).toBe(true);
  });

  it("is tried again, slower and slower, while nobody answers", () => {
    network.serve(LEADER, undefined);
    const replica = createReplica("a");
    replica.link.follow(LEADER);
    pass(60_000);
    expect(network.connectionCount).toBeGreaterThan(10);
    expect(network.connectionCount).toBeLessThan(50);
    serve();
    pass(LEADER_LINK_LIMITS.retryMaxMs * 1.5);
    expect(replica.link.isLive).toBe(true);
  });

  it("beyond the limit is not taken", () => {
    for (let n = 0; n <= HUB_LIMITS.linksMax; n++) createReplica(`r${n}`).link.follow(LEADER);
    pass(1_000);
    expect(hub.replicaCount).toBe(HUB_LIMITS.linksMax);
  });
});
