/** What a proxy can do to its session, and only to its session: each case is a hostile peer. */
import { describe, expect, it } from "vitest";
import type { ControlFrame, ControlLink } from "../../mesh/control-link.ts";
import { CONTROL_LIMITS } from "../../mesh/control-messages.ts";
import { ControlWorld, type Replica } from "../../test/harness/control-world.ts";
import {
  type AskedFor,
  destination,
  endpointSet,
  range,
  service,
  serviceAddress,
  serviceBinding,
} from "../../test/harness/fake-table.ts";
import type { Peer } from "./peer.ts";
import type { PublishLimits } from "./publish-limits.ts";
import type { Session } from "./session.ts";

const WEB = service("web");

class Recorder implements ControlLink {
  bufferedBytes = 0;
  closeCode = 0;
  isTerminated = false;
  readonly heard: Record<string, unknown>[] = [];

  send(frame: ControlFrame): void {
    this.heard.push(JSON.parse(typeof frame === "string" ? frame : Buffer.from(frame).toString()));
  }

  close(code: number): void {
    this.closeCode = code;
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

const hello = {
  message: "hello",
  protocol: 1,
  proxy: { name: "web-1", version: "1" },
  namespace: "shop",
  features: ["http1", "split", "retry-unsent", "endpoint-deltas"],
  holds: [],
};

function begin(limits: Partial<PublishLimits> = {}, greeting: object | null = hello) {
  const world = new ControlWorld(1);
  world.table.put("destination", WEB, destination("web", ["web"]));
  world.table.put("endpoints", WEB, endpointSet("web", range(150)));
  const replica = world.replica("ws://one", limits);
  const link = new Recorder();
  const session = replica.publisher.accept(link, "test") as Session;
  const say = (message: object) => session.receive(JSON.stringify(message));
  if (greeting !== null) say(greeting);
  const words = () =>
    link.heard.map(({ message, type }) => (type ? `${message} ${type}` : message));
  const revision = (type: "destination" | "endpoints") =>
    world.table.lookup({ type, key: WEB })?.revision ?? "";
  return { world, replica, link, session, say, words, revision };
}

const subscribe = { message: "subscribe", type: "destination", key: WEB, revision: "" };

describe("a session", () => {
  it("welcomes, and sends the workload unasked", () => {
    const { words, replica } = begin();
    expect(words()).toEqual(["welcome", "snapshot workload"]);
    expect(replica.publisher.sessions()).toEqual([
      expect.objectContaining({ proxyName: "web-1", namespace: "shop", remote: "test" }),
    ]);
  });

  it("sends a destination and then the sets that it names", () => {
    const { say, words } = begin();
    say(subscribe);
    expect(words().slice(2)).toEqual(["snapshot destination", "snapshot endpoints"]);
  });

  it("answers what is held already without its body", () => {
    const { world, revision } = begin();
    const workload = world.table.lookup({ type: "workload", key: "" })?.revision;
    const holds = [
      { type: "workload", key: "", revision: workload },
      { type: "destination", key: WEB, revision: revision("destination") },
      { type: "endpoints", key: WEB, revision: revision("endpoints") },
    ];
    const { words } = begin({}, { ...hello, holds });
    expect(words()).toEqual([
      "welcome",
      "current workload",
      "current destination",
      "current endpoints",
    ]);
  });

  it("sends a delta from what the proxy resumes with, where it is known", () => {
    const { world, replica, say, revision } = begin();
    say(subscribe);
    const base = revision("endpoints");
    world.table.put("endpoints", WEB, endpointSet("web", range(151)));
    const holds = [
      { type: "destination", key: WEB, revision: revision("destination") },
      { type: "endpoints", key: WEB, revision: base },
    ];
    const second = new Recorder();
    const other = replica.publisher.accept(second, "other");
    other?.receive(JSON.stringify({ ...hello, holds }));
    expect(second.heard.at(-1)).toMatchObject({ message: "delta", base });
  });

  it("keeps one revision on its way, whatever is said about it", () => {
    const { world, say, words, link } = begin();
    say(subscribe);
    const sent = words().length;
    for (const note of range(10)) {
      world.table.put("destination", WEB, destination("web", ["web"], `r${note}`));
      world.run(100);
    }
    expect(words()).toHaveLength(sent);
    const [first] = link.heard.filter(({ type }) => type === "destination");
    say({ message: "ack", type: "destination", key: WEB, revision: first?.revision });
    expect(words().slice(sent)).toEqual(["snapshot destination"]);
    expect(JSON.stringify(link.heard.at(-1))).toContain("r9");
  });
});

describe("a proxy that lies", () => {
  it("by acking what was never sent is not believed", () => {
    const { say, replica, world } = begin();
    say(subscribe);
    say({ message: "ack", type: "destination", key: WEB, revision: "0".repeat(32) });
    say({ message: "ack", type: "destination", key: service("x"), revision: "0".repeat(32) });
    say({ ...subscribe, message: "nack", revision: "1".repeat(32), code: "invalid", reason: "" });
    expect(replica.observer.count("unexpected-answer")).toBe(3);
    const state = replica.sink.states.get(`s1 destination:${WEB}`);
    expect(state).toMatchObject({ held: null, refused: null });
    world.run(1000);
    expect(replica.sink.sessions.size).toBe(1);
  });

  it("about what it holds gets what there is", () => {
    const holds = [{ type: "destination", key: WEB, revision: "0".repeat(32) }];
    const { words, replica } = begin({}, { ...hello, holds });
    expect(words()).toContain("snapshot destination");
    expect(replica.sink.states.get(`s1 destination:${WEB}`)?.held).toBeNull();
  });

  it("by letting a set go that it needs gets it again, whole", () => {
    const { say, words, revision } = begin();
    say(subscribe);
    say({ message: "ack", type: "endpoints", key: WEB, revision: revision("endpoints") });
    const sent = words().length;
    say({ message: "unsubscribe", type: "endpoints", key: WEB });
    expect(words().slice(sent)).toEqual(["snapshot endpoints"]);
    say({ message: "unsubscribe", type: "destination", key: WEB });
    say({ message: "unsubscribe", type: "endpoints", key: WEB });
    say({ message: "unsubscribe", type: "workload", key: "" });
    expect(words()).toHaveLength(sent + 1);
  });
});

describe("a proxy that breaks the protocol", () => {
  it.each([
    ["speaks before its hello", null, { message: "ping" }, "out-of-order"],
    ["greets twice", hello, hello, "out-of-order"],
    ["speaks another version", null, { ...hello, protocol: 2 }, "protocol-version"],
    ["sends the wrong shape", hello, { message: "ack" }, "malformed"],
  ])("and %s is told why, and closed", (_what, greeting, message, code) => {
    const { say, link, replica } = begin({}, greeting);
    say(message);
    expect(link.heard.at(-1)).toMatchObject({ message: "error", code });
    expect(link.closeCode).toBe(1002);
    expect(replica.publisher.sessions()).toEqual([]);
    expect(replica.sink.sessions.size).toBe(0);
    const count = link.heard.length;
    say({ message: "ping" });
    expect(link.heard).toHaveLength(count);
  });

  it("or only knows more than we do is answered, and stays", () => {
    const { say, link } = begin();
    say({ message: "later", x: 1 });
    expect(link.heard.at(-1)).toMatchObject({ code: "unsupported", about: "later" });
    say({ message: "ping" });
    expect(link.heard.at(-1)).toEqual({ message: "pong" });
    say({ message: "error", code: "unsupported", detail: "", about: "" });
    expect(link.heard.at(-1)).toEqual({ message: "pong" });
  });

  it("by its rate is closed", () => {
    const { session, link } = begin({ messagesBurst: 20, messagesPerSecond: 1 });
    for (const _ of range(30)) session.receivedBelow();
    expect(link.heard.at(-1)).toMatchObject({ code: "flood" });
    expect(link.closeCode).toBe(1002);
  });

  it("by its bytes is closed", () => {
    const { say, link } = begin({ bytesBurst: 10_000, bytesPerSecond: 1 });
    for (const _ of range(3)) say({ message: "ping", pad: "x".repeat(5000) });
    expect(link.heard.at(-1)).toMatchObject({ code: "flood" });
  });

  it("by the number of its subscriptions is told, and keeps what it has", () => {
    const { say, link, replica } = begin({ messagesBurst: 100_000, bytesBurst: 1e9 });
    for (const index of range(CONTROL_LIMITS.destinationsMax + 1)) {
      say({ ...subscribe, key: service(`w${index}`) });
    }
    expect(link.heard.at(-1)).toMatchObject({ message: "error", code: "limit" });
    expect(link.closeCode).toBe(0);
    expect(replica.sink.states.size).toBe(1 + CONTROL_LIMITS.destinationsMax);
    say({ message: "unsubscribe", type: "destination", key: service("w0") });
    say({ ...subscribe, key: service("one-more") });
    expect(link.heard.at(-1)).toMatchObject({ message: "snapshot", key: service("one-more") });
  });

  it("by the number of its addresses is told, and keeps what it has", () => {
    const { say, link, replica, world } = begin({ messagesBurst: 100_000, bytesBurst: 1e9 });
    world.table.put("address", serviceAddress(1), serviceBinding("web"), []);
    for (const index of range(CONTROL_LIMITS.addressesMax)) {
      say({ ...subscribe, type: "address", key: `10.1.0.1:${index + 1}` });
    }
    expect(link.heard.at(-1)).toMatchObject({ message: "snapshot", type: "address", body: null });
    say({ ...subscribe, type: "address", key: serviceAddress(1) });
    expect(link.heard.at(-1)).toMatchObject({ message: "error", code: "limit" });
    expect(replica.sink.states.size).toBe(1 + CONTROL_LIMITS.addressesMax);
    say({ message: "unsubscribe", type: "address", key: "10.1.0.1:1" });
    say({ ...subscribe, type: "address", key: serviceAddress(1) });
    expect(link.heard.at(-1)).toMatchObject({ message: "snapshot", body: { kind: "service" } });
  });

  it("by a key that is no address is closed", () => {
    const { say, link } = begin();
    say({ ...subscribe, type: "address", key: "[FD00::1]:80" });
    expect(link.heard.at(-1)).toMatchObject({ message: "error", code: "malformed" });
    expect(link.closeCode).toBe(1002);
  });

  it("by its reports has them dropped", () => {
    const { say, replica, world } = begin();
    const report = { message: "report", kind: "stats", body: { windowMs: 1, rows: [] } };
    for (const _ of range(5)) say(report);
    world.run(1000);
    say(report);
    expect(replica.reports).toHaveLength(2);
    expect(replica.observer.count("report-too-soon")).toBe(4);
  });
});

describe("a proxy that does not read", () => {
  it("is sent nothing more, and cut off when it stays so", () => {
    const { say, link, words, world, replica } = begin();
    link.bufferedBytes = 10_000_000;
    const sent = words().length;
    say(subscribe);
    for (const _ of range(5)) {
      world.run(5000);
      say({ message: "pong" });
    }
    expect(words().slice(sent)).toEqual([]);
    world.run(10_000);
    expect(link.isTerminated).toBe(true);
    expect(replica.observer.count("slow-consumer")).toBe(1);
  });

  it("while it asks on and on is cut off at once", () => {
    const { say, link, replica } = begin();
    link.bufferedBytes = 10_000_000;
    say({ message: "ping" });
    expect(link.isTerminated).toBe(true);
    expect(replica.sink.sessions.size).toBe(0);
  });
});

describe("a proxy that says nothing", () => {
  it("is asked, and cut off when it does not answer", () => {
    const { link, words, world, replica } = begin();
    world.run(12_000);
    expect(words().slice(2)).toEqual(["ping"]);
    world.run(15_000);
    expect(link.isTerminated).toBe(true);
    expect(replica.observer.count("silent")).toBe(1);
    expect(world.timers.pendingCount).toBe(0);
  });

  it("from the start is cut off", () => {
    const { link, world, replica } = begin({}, null);
    world.run(7000);
    expect(link.isTerminated).toBe(true);
    expect(replica.observer.count("hello-timeout")).toBe(1);
  });
});

describe("a session whose credential says who it is", () => {
  const identity = { namespace: "shop", name: "web-1", serviceAccount: "web", podUid: "u1" };
  const peer: Peer = { kind: "proxy", identity };

  function join(world: ControlWorld, replica: Replica, greeting: object) {
    const link = new Recorder();
    const session = replica.publisher.accept(link, "10.0.0.1:1", peer) as Session;
    session.receive(JSON.stringify(greeting));
    return { world, link, session };
  }

  it("is who that says, whatever it says itself", () => {
    const { world, replica } = begin();
    const asked: AskedFor[] = [];
    world.table.asked = asked;
    const says = { ...hello, namespace: "bank", proxy: { name: "vault-0", version: "7" } };
    const { session } = join(world, replica, says);
    session.receive(
      JSON.stringify({ message: "subscribe", type: "workload", key: "", revision: "" }),
    );
    expect(session.info).toMatchObject({
      proxyName: "web-1",
      proxyVersion: "7",
      namespace: "shop",
      identity,
    });
    expect(new Set(asked.map(({ namespace }) => namespace))).toEqual(new Set(["shop"]));
    expect(new Set(asked.map(({ by }) => by))).toEqual(new Set([identity]));
  });

  it("may not tell what others have served", () => {
    const { world, replica } = begin();
    const { session } = join(world, replica, hello);
    const row = { route: "", backend: "", requests: 1, successes: 1, retries: 0, latency: [] };
    const rows = [
      { ...row, direction: "inbound", service: "svc/shop/web:80" },
      { ...row, direction: "inbound", service: "svc/bank/vault:80" },
      { ...row, direction: "outbound", service: "svc/bank/vault:80" },
    ];
    const report = { message: "report", kind: "stats", body: { windowMs: 1000, rows } };
    session.receive(JSON.stringify(report));
    expect(replica.reports[0]?.rows).toEqual([rows[0], rows[2]]);
    expect(replica.observer.count("foreign-report")).toBe(1);
  });

  it("ends with its pod, and no other does", () => {
    const { world, replica, session: local } = begin();
    const { session, link } = join(world, replica, hello);
    replica.publisher.podGone("u2");
    expect(session.info).not.toBeNull();
    replica.publisher.podGone("u1");
    expect([session.info, link.isTerminated]).toEqual([null, true]);
    expect(local.info).not.toBeNull();
    replica.publisher.podGone("u1");
  });

  it("is one of few that a pod may have, the newest", () => {
    const { world, replica, session: local } = begin({ sessionsOfPodMax: 2 });
    const joined = [1, 2, 3].map(() => join(world, replica, hello).session);
    expect(joined.map(({ info }) => info !== null)).toEqual([false, true, true]);
    expect(replica.observer.count("sessions-of-pod")).toBe(1);
    expect(local.info).not.toBeNull();
  });
});
