/** Both ends of the control protocol joined in memory: what either alone cannot show. */
import { describe, expect, it } from "vitest";
import { ControlWorld, expectInStep } from "../harness/control-world.ts";
import { destination, endpointSet, range, service } from "../harness/fake-table.ts";

const ONE = "ws://one";
const TWO = "ws://two";
const WEB = service("web");

function shop(world: ControlWorld): void {
  world.table.put("destination", WEB, destination("web", ["web", "web-2"]));
  world.table.put("endpoints", WEB, endpointSet("web", [1, 2]));
  world.table.put("endpoints", service("web-2"), endpointSet("web-2", [3]));
}

describe("configuration", () => {
  it("goes live with all its endpoints, or turns out to be absent", () => {
    const world = new ControlWorld(1);
    shop(world);
    const replica = world.replica(ONE);
    const proxy = world.proxy([ONE]);
    const seen: string[] = [];
    proxy.configuration.listen({
      destinationChanged: (key, live) => {
        seen.push(live === "absent" ? `no ${key}` : `${key} ${live.endpoints.size}`);
      },
      workloadChanged: (workload) => seen.push(workload.namespace),
    });
    expect(proxy.configuration.watch(WEB)).toBe("pending");
    expect(proxy.configuration.watch(service("none"))).toBe("pending");
    expect(proxy.configuration.isSettled).toBe(false);
    world.run(1000);
    expect(seen.sort()).toEqual([`no ${service("none")}`, "shop", `${WEB} 2`]);
    expect(proxy.configuration.isSettled).toBe(true);
    expectInStep(world, proxy);
    const live = proxy.configuration.watch(WEB);
    const held = replica.sink.states.get(`s1 destination:${WEB}`)?.held;
    expect(held?.revision).toBe(typeof live === "object" && live.revision);
  });

  it("tells of an endpoint change alone without a change of rules", () => {
    const world = new ControlWorld(2);
    shop(world);
    world.replica(ONE);
    const proxy = world.proxy([ONE]);
    proxy.configuration.watch(WEB);
    world.run(1000);
    const seen: string[] = [];
    proxy.configuration.listen({
      destinationChanged: (key) => seen.push(`rules ${key}`),
      endpointsChanged: (key, set) => seen.push(`${key} ${set.endpoints.length}`),
    });
    world.table.put("endpoints", WEB, endpointSet("web", [1, 2, 4]));
    world.run(1000);
    expect(seen).toEqual([`${WEB} 3`]);
    expectInStep(world, proxy);
  });

  it("shares one set between destinations, and lets it go with the last", () => {
    const world = new ControlWorld(3);
    shop(world);
    world.table.put("destination", service("api"), destination("api", ["web-2"]));
    const replica = world.replica(ONE);
    const proxy = world.proxy([ONE]);
    proxy.configuration.watch(WEB);
    proxy.configuration.watch(service("api"));
    world.run(1000);
    expect(replica.observer.count("sent endpoints")).toBe(2);
    proxy.configuration.release(WEB);
    world.run(1000);
    expect(replica.sink.states.has(`s1 endpoints:${WEB}`)).toBe(false);
    expect(replica.sink.states.has(`s1 endpoints:${service("web-2")}`)).toBe(true);
    expectInStep(world, proxy);
    proxy.configuration.release(service("api"));
    world.run(1000);
    expect([...replica.sink.states.keys()]).toEqual(["s1 workload:"]);
  });

  it("sends large endpoint sets as deltas once the proxy holds one", () => {
    const world = new ControlWorld(4);
    world.table.put("destination", WEB, destination("web", ["web"]));
    world.table.put("endpoints", WEB, endpointSet("web", range(1000)));
    world.replica(ONE);
    const proxy = world.proxy([ONE]);
    proxy.configuration.watch(WEB);
    world.run(1000);
    const [pipe] = world.network.pipes;
    for (const count of [1001, 990, 995]) {
      const from = pipe?.far.sent.length;
      world.table.put("endpoints", WEB, endpointSet("web", range(count)));
      world.run(1000);
      const sent = pipe?.far.sent.slice(from) ?? [];
      expect(sent).toHaveLength(1);
      expect(sent[0]).toContain('"message":"delta"');
      expect(sent[0]?.length).toBeLessThan(4000);
      expectInStep(world, proxy);
    }
  });

  it("skips revisions that were replaced while an answer was awaited", () => {
    const world = new ControlWorld(5, 400);
    shop(world);
    const replica = world.replica(ONE);
    const proxy = world.proxy([ONE]);
    proxy.configuration.watch(WEB);
    world.run(5000);
    const before = replica.observer.count("sent destination");
    for (const note of range(20)) {
      world.table.put("destination", WEB, destination("web", ["web"], `r${note}`));
      world.run(25);
    }
    world.run(5000);
    expect(replica.observer.count("sent destination") - before).toBeLessThan(8);
    expect(replica.observer.count("superseded destination")).toBeGreaterThan(5);
    expectInStep(world, proxy);
  });

  it("waits with what is absent until the table knows all", () => {
    const world = new ControlWorld(6);
    world.table.synced = false;
    world.replica(ONE);
    const proxy = world.proxy([ONE]);
    proxy.configuration.watch(WEB);
    world.run(5000);
    expect(proxy.configuration.watch(WEB)).toBe("pending");
    world.table.synced = true;
    world.run(5000);
    expect(proxy.configuration.watch(WEB)).toBe("absent");
  });
});

describe("a proxy", () => {
  it("keeps all it has when the operator dies, and says how old it is", () => {
    const world = new ControlWorld(7);
    shop(world);
    const replica = world.replica(ONE);
    const proxy = world.proxy([ONE]);
    proxy.configuration.watch(WEB);
    world.run(1000);
    replica.stop();
    world.run(60_000);
    for (const minute of range(20)) {
      proxy.configuration.touch(WEB);
      world.run(60_000 + minute);
    }
    expect(proxy.configuration.watch(WEB)).toBeTypeOf("object");
    const entries = proxy.configuration.entries();
    expect(entries.map(({ type }) => type).sort()).toEqual([
      "destination",
      "endpoints",
      "endpoints",
      "workload",
    ]);
    for (const { ageMs } of entries) expect(ageMs).toBeGreaterThan(20 * 60_000);
    expect(proxy.client.status().state).not.toBe("live");
  });

  it("resumes at another replica without a body being sent again", () => {
    const world = new ControlWorld(8);
    shop(world);
    const one = world.replica(ONE);
    const two = world.replica(TWO);
    const proxy = world.proxy([ONE, TWO]);
    proxy.configuration.watch(WEB);
    world.run(1000);
    const [first, second] = proxy.client.status().address === ONE ? [one, two] : [two, one];
    first.stop();
    world.run(30_000);
    expect(proxy.client.status().state).toBe("live");
    expect(second.sink.sessions.size).toBe(1);
    expect(second.observer.count("sent destination")).toBe(0);
    expect(second.observer.count("sent endpoints")).toBe(0);
    expect(second.observer.count("sent workload")).toBe(0);
    const states = [...second.sink.states.values()];
    expect(states.map(({ held }) => held?.revision ?? "none")).not.toContain("none");
    expectInStep(world, proxy);
  });

  it("gets from the next replica only what changed meanwhile", () => {
    const world = new ControlWorld(9);
    shop(world);
    const one = world.replica(ONE);
    const proxy = world.proxy([ONE]);
    proxy.configuration.watch(WEB);
    world.run(1000);
    one.stop();
    world.run(1000);
    world.table.put("endpoints", WEB, endpointSet("web", [9]));
    const two = world.replica(ONE);
    world.run(30_000);
    expect(two.observer.count("sent endpoints")).toBe(1);
    expect(two.observer.count("sent destination")).toBe(0);
    expectInStep(world, proxy);
  });

  it("notices an operator that vanished without a word, and the operator likewise", () => {
    const world = new ControlWorld(10);
    shop(world);
    const replica = world.replica(ONE);
    const proxy = world.proxy([ONE]);
    world.run(1000);
    const [pipe] = world.network.pipes;
    pipe?.hang();
    world.run(24_000);
    expect(replica.sink.sessions.has("s1")).toBe(true);
    world.run(10_000);
    expect(replica.sink.sessions.has("s1")).toBe(false);
    expect(proxy.client.status().sessions).toBe(2);
    expect(pipe?.isDead).toBe(true);
  });

  it("says nothing but pings when nothing happens", () => {
    const world = new ControlWorld(11);
    world.replica(ONE);
    world.proxy([ONE]);
    world.run(1000);
    const [pipe] = world.network.pipes;
    const before = (pipe?.near.sent.length ?? 0) + (pipe?.far.sent.length ?? 0);
    world.run(600_000);
    const said = (pipe?.near.sent.length ?? 0) + (pipe?.far.sent.length ?? 0) - before;
    expect(pipe?.isDead).toBe(false);
    expect(said).toBeLessThanOrEqual(4 * 60);
  });

  it("lets go of what is idle, and of the least used when there is no room", () => {
    const world = new ControlWorld(12);
    world.replica(ONE);
    const proxy = world.proxy([ONE], { destinationsMax: 3, idleMs: 60_000 });
    const dropped: string[] = [];
    proxy.configuration.listen({ destinationDropped: (key) => dropped.push(key) });
    for (const name of ["a", "b", "c", "a", "d"]) {
      proxy.configuration.watch(service(name));
      world.run(10);
    }
    expect(dropped).toEqual([service("b")]);
    world.run(50_000);
    proxy.configuration.touch(service("d"));
    world.run(30_000);
    expect(dropped.sort()).toEqual(["a", "b", "c"].map(service));
  });

  it("sends reports after configuration, and drops them while it waits for some", () => {
    const world = new ControlWorld(13);
    shop(world);
    const replica = world.replica(ONE);
    const proxy = world.proxy([ONE]);
    const report = { windowMs: 5000, rows: [] };
    expect(proxy.client.sendReport(report)).toBe(false);
    world.run(1000);
    expect(proxy.client.sendReport(report)).toBe(true);
    proxy.configuration.watch(WEB);
    expect(proxy.client.sendReport(report)).toBe(false);
    world.run(1000);
    expect(replica.reports).toEqual([report]);
    expect(proxy.client.status()).toMatchObject({ reportsSent: 1, reportsDropped: 2 });
  });
});

/** One that asks for much, and does not read what it is sent. */
function stalledProxy(world: ControlWorld) {
  const proxy = world.proxy([ONE]);
  world.run(1000);
  const [pipe] = world.network.pipes;
  if (pipe === undefined) throw new Error("no connection");
  pipe.far.isStalled = true;
  proxy.configuration.watch(WEB);
  for (const name of range(50)) proxy.configuration.watch(service(`none-${name}`));
  return { proxy, pipe };
}

describe("the operator", () => {
  it("does not keep sending to a proxy that does not read, and cuts it off", () => {
    const world = new ControlWorld(14);
    world.table.put("destination", WEB, destination("web", ["web"]));
    world.table.put("endpoints", WEB, endpointSet("web", range(300)));
    const replica = world.replica(ONE, { bufferedBytesMax: 10_000 });
    const { proxy, pipe } = stalledProxy(world);
    world.run(9000);
    expect(pipe.far.bufferedBytes).toBeLessThan(100_000);
    world.run(50_000);
    expect(pipe.isDead).toBe(true);
    expect(replica.observer.count("slow-consumer") + replica.observer.count("silent")).toBe(1);
    world.run(10_000);
    expectInStep(world, proxy);
  });

  it("goes on where it stopped when a slow proxy reads again", () => {
    const world = new ControlWorld(15);
    world.table.put("destination", WEB, destination("web", ["web"]));
    world.table.put("endpoints", WEB, endpointSet("web", range(90)));
    const replica = world.replica(ONE, { bufferedBytesMax: 2000 });
    const { proxy, pipe } = stalledProxy(world);
    world.run(5000);
    expect(proxy.configuration.isSettled).toBe(false);
    pipe.far.unstall();
    world.run(5000);
    expectInStep(world, proxy);
    expect(replica.sink.sessions.size).toBe(1);
    expect(proxy.client.status().sessions).toBe(1);
  });

  it("does not send what the proxy cannot do, and says who lacks what", () => {
    const world = new ControlWorld(16);
    shop(world);
    const replica = world.replica(ONE);
    const proxy = world.proxy([ONE]);
    proxy.configuration.watch(WEB);
    world.run(1000);
    const before = proxy.configuration.watch(WEB);
    // A word that this proxy does not know stands for one that a later operator knows.
    const later = "later" as "split";
    world.table.put("destination", WEB, destination("web", ["web"]), [later]);
    world.run(1000);
    expect(proxy.configuration.watch(WEB)).toBe(before);
    const state = replica.sink.states.get(`s1 destination:${WEB}`);
    expect(state?.missing).toEqual(["later"]);
    expect(state?.held?.revision).toBe(typeof before === "object" && before.revision);
    world.table.put("destination", WEB, destination("web", ["web"], "again"));
    world.run(1000);
    expect(replica.sink.states.get(`s1 destination:${WEB}`)?.missing).toEqual([]);
    expectInStep(world, proxy);
  });

  it("hears why a destination was refused, and does not send that revision again", () => {
    const world = new ControlWorld(17);
    shop(world);
    const replica = world.replica(ONE);
    const accept = (found: { rules: readonly { route: string }[] }) =>
      found.rules[0]?.route === "bad" ? "this route is bad" : undefined;
    const proxy = world.proxy([ONE], { accept });
    proxy.configuration.watch(WEB);
    world.run(1000);
    const good = proxy.configuration.watch(WEB);
    world.table.put("destination", WEB, destination("web", ["other"], "bad"));
    world.run(1000);
    world.table.changed([{ type: "destination", key: WEB }]);
    world.run(1000);
    expect(proxy.configuration.watch(WEB)).toBe(good);
    const state = replica.sink.states.get(`s1 destination:${WEB}`);
    expect(state?.refused?.reason).toBe("invalid: this route is bad");
    expect(state?.held?.revision).toBe(typeof good === "object" && good.revision);
    expect(replica.observer.count("refused destination")).toBe(1);
    expect(proxy.configuration.entries().find(({ key }) => key === WEB)?.problem).toContain("bad");
    // The endpoints of what is still live go on changing.
    world.table.put("endpoints", WEB, endpointSet("web", [7]));
    world.run(1000);
    const live = proxy.configuration.watch(WEB);
    expect(typeof live === "object" && live.endpoints.get(WEB)?.endpoints).toHaveLength(1);
  });

  it("survives a storm: every proxy reconnects at once, again and again", () => {
    const world = new ControlWorld(18);
    shop(world);
    const replica = world.replica(ONE);
    const proxies = range(100).map(() => world.proxy([ONE]));
    for (const proxy of proxies) proxy.configuration.watch(WEB);
    for (const _ of range(5)) {
      world.run(2000);
      for (const pipe of [...world.network.pipes]) pipe.kill();
    }
    const before = world.network.connectionCount;
    world.run(30_000);
    expect(world.network.connectionCount - before).toBeLessThanOrEqual(110);
    expect(replica.sink.sessions.size).toBe(100);
    for (const proxy of proxies) expectInStep(world, proxy);
  });
});
