import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import type { Match } from "../../mesh/match.ts";
import type { ResourceName } from "../../mesh/snapshot.ts";
import { resourceId } from "../publish/resources.ts";
import { SliceEndpointSource } from "../sources/slices/slice-source.ts";
import { COALESCE_MS, MeshIndex } from "./mesh-index.ts";
import { ResourceStore } from "./resource-store.ts";
import {
  backend,
  pathIs,
  policy,
  profile,
  route,
  routeGroup,
  SampleSource,
  service,
  slice,
  split,
} from "./sample-objects.ts";

/** Not started yet. */
function makeIndex(objects: readonly IntentObject[], timers: ManualTimers, clock: Clock) {
  const source = new SampleSource(objects);
  const slices = new SliceEndpointSource({ objects: source, clock: timers.clock });
  void slices.start();
  const store = new ResourceStore({ clusterDomain: "cluster.local" });
  const rounds: number[] = [];
  const index = new MeshIndex({
    objects: source,
    endpoints: [slices],
    store,
    clock,
    timers,
    log: silentLog,
    observer: { compiled: (services) => rounds.push(services) },
  });
  return { timers, source, store, index, rounds };
}

function createIndex(objects: readonly IntentObject[] = []) {
  const timers = new ManualTimers();
  const made = makeIndex(objects, timers, timers.clock);
  const changes: string[][] = [];
  made.store.subscribe((names) => changes.push(names.map(resourceId).sort()));
  made.index.start();
  return { ...made, changes };
}

const named = (type: "destination" | "endpoints", key: string): ResourceName => ({ type, key });

/** Everything that any client could get, as one comparable value. */
function contents(store: ResourceStore, namespaces: readonly string[]): unknown {
  const all: unknown[] = [];
  for (const key of KEYS) {
    for (const namespace of namespaces) {
      const found = store.lookup(named("destination", key), namespace);
      all.push([key, namespace, found?.encoded, found?.objects, found?.requires]);
    }
    const endpoints = store.lookup(named("endpoints", key), "");
    all.push([key, endpoints?.encoded, endpoints?.objects]);
  }
  return all;
}

const NAMES = ["web", "web-v1", "web-v2"];
const KEYS = NAMES.flatMap((name) => [`svc/shop/${name}:80`, `svc/shop/${name}:81`]);
const NAMESPACES = ["shop", "team", "other"];

describe("the index", () => {
  let all: ReturnType<typeof createIndex>;
  beforeEach(() => {
    const s = split("s", "web", [backend("web-v1", 1)]);
    const objects = [service("web"), service("web-v1"), service("api"), s];
    all = createIndex([...objects, slice("e", "web-v1", ["10.0.0.1"])]);
  });

  it("fills the table when it starts", () => {
    const { store } = all;
    expect(store.synced).toBe(true);
    expect(store.counts).toEqual({ destinations: 3, endpointSets: 3, addresses: 1 });
    const destination = store.destination("svc/shop/web:80");
    expect(destination?.body.endpointSets).toEqual(["svc/shop/web-v1:80"]);
    expect(destination?.revision).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.parse(destination?.encoded ?? "")).toEqual(destination?.body);
    expect(store.endpointSet("svc/shop/web:80")?.body.endpoints).toEqual([]);
    expect(store.endpointSet("svc/shop/web-v1:80")?.body.endpoints).toHaveLength(1);
  });

  it("compiles many changes of a moment once, and only what they touch", () => {
    const { source, timers, rounds, changes, store } = all;
    rounds.length = 0;
    const before = store.destination("svc/shop/api:80");
    for (const weight of [2, 3, 4]) {
      source.put(split("s", "web", [backend("web-v1", 1), backend("web", weight)]));
    }
    expect(rounds).toEqual([]);
    timers.advance(COALESCE_MS);
    expect(rounds).toEqual([1]);
    expect(changes.at(-1)).toEqual(["destination:svc/shop/web:80"]);
    expect(store.destination("svc/shop/web:80")?.body.rules[0]?.action.backends).toHaveLength(2);
    expect(store.destination("svc/shop/api:80")).toBe(before);
  });

  it("compiles a service again when a backend of it comes or goes", () => {
    const { source, timers, index, store } = all;
    source.remove(service("web-v1"));
    timers.advance(COALESCE_MS);
    expect(store.destination("svc/shop/web:80")?.body.endpointSets).toEqual(["svc/shop/web:80"]);
    expect(index.verdict("heddle.mesh/TrafficSplit/shop/s")?.references).toHaveLength(1);
    expect(store.lookup(named("endpoints", "svc/shop/web-v1:80"), "")).toBeUndefined();
    source.put(service("web-v1"));
    timers.advance(COALESCE_MS);
    expect(store.destination("svc/shop/web:80")?.body.endpointSets).toEqual(["svc/shop/web-v1:80"]);
    expect(index.verdict("heddle.mesh/TrafficSplit/shop/s")?.references).toEqual([]);
  });

  it("compiles nothing when only endpoints move", () => {
    const { source, timers, rounds, changes } = all;
    source.put(slice("e", "web-v1", ["10.0.0.2", "10.0.0.3"]));
    timers.advance(COALESCE_MS);
    expect(rounds.at(-1)).toBe(0);
    expect(changes.at(-1)).toEqual([
      "address:10.0.0.1:8080",
      "address:10.0.0.2:8080",
      "address:10.0.0.3:8080",
      "endpoints:svc/shop/web-v1:80",
    ]);
  });

  it("follows a service from one address to another", () => {
    const { source, timers, store, changes } = all;
    const named = (ip: string) => store.addresses.lookup(`${ip}:80`, "shop")?.body.service;
    const place = (ip: string) => service("web", [80], {}, { clusterIps: [ip] });
    source.put(place("10.96.0.1"));
    timers.advance(COALESCE_MS);
    expect(named("10.96.0.1")).toBe("svc/shop/web:80");
    source.put(place("10.96.0.2"));
    timers.advance(COALESCE_MS);
    expect([named("10.96.0.1"), named("10.96.0.2")]).toEqual([undefined, "svc/shop/web:80"]);
    expect(changes.at(-1)).toEqual(["address:10.96.0.1:80", "address:10.96.0.2:80"]);
    source.remove(service("web"));
    timers.advance(COALESCE_MS);
    expect(named("10.96.0.2")).toBeUndefined();
  });

  it("gives an address to the next when the service that had it is gone", () => {
    const { source, timers, store, index } = all;
    const place = (name: string, file: string) =>
      service(name, [80], { file }, { clusterIps: ["10.96.0.1"] });
    const standing = () => store.addresses.lookup("10.96.0.1:80", "shop")?.body.service;
    const conflicts = (name: string) => index.verdict(`/Service/shop/${name}`)?.conflicts.length;
    source.put(place("web", "b.yaml"));
    timers.advance(COALESCE_MS);
    source.put(place("api", "a.yaml"));
    timers.advance(COALESCE_MS);
    expect(standing()).toBe("svc/shop/api:80");
    expect([conflicts("api"), conflicts("web")]).toEqual([0, 1]);
    source.remove(service("api"));
    timers.advance(COALESCE_MS);
    expect(standing()).toBe("svc/shop/web:80");
    expect(conflicts("web")).toBe(0);
  });

  it("tells nobody when nothing came of a change", () => {
    const { source, timers, changes } = all;
    const count = changes.length;
    source.put(service("web"));
    timers.advance(COALESCE_MS);
    expect(changes).toHaveLength(count);
  });

  it("keeps the revision, and shows the new generation, when that alone changed", () => {
    const { source, timers, store } = all;
    const before = store.destination("svc/shop/web:80");
    source.put(service("web", [80], { generation: 2 }));
    timers.advance(COALESCE_MS);
    const after = store.destination("svc/shop/web:80");
    expect(after?.revision).toBe(before?.revision);
    expect(after?.objects.find(({ kind }) => kind === "Service")?.generation).toBe(2);
  });

  it("gives clients their namespace's own, and its workload", () => {
    const { source, timers, store } = all;
    source.put(profile("web", { routes: [route("a", pathIs("/a"))] }, { namespace: "team" }));
    timers.advance(COALESCE_MS);
    const name = named("destination", "svc/shop/web:80");
    expect(store.lookup(name, "team")?.revision).not.toBe(store.lookup(name, "shop")?.revision);
    expect(store.lookup(name, "other")).toBe(store.lookup(name, "shop"));
    expect(store.lookup({ type: "workload", key: "" }, "team")?.body).toMatchObject({
      namespace: "team",
      clusterDomain: "cluster.local",
    });
    expect([...store.namesOf("heddle.mesh/ServiceProfile/shop/none")]).toEqual([]);
    const own = "heddle.mesh/ServiceProfile/team/web.shop.svc.cluster.local";
    expect([...store.namesOf(own)]).toEqual([name]);
  });

  it("stops following", () => {
    const { source, timers, index, rounds } = all;
    index.stop();
    const count = rounds.length;
    source.put(service("late"));
    timers.advance(1000);
    expect(rounds).toHaveLength(count);
  });
});

it("judges slices that fit no service", () => {
  const { index, source, timers } = createIndex([
    service("web"),
    slice("lost", "nobody", ["10.0.0.1"]),
    slice("made", "nobody", ["10.0.0.9"], { serviceUid: "u1" }),
    slice("odd", "web", ["10.0.0.2"], { ports: [{ name: "http", port: 1, appProtocol: "" }] }),
    slice("good", "web", ["10.0.0.3"]),
  ]);
  const reasons = (name: string) =>
    index
      .verdict(`discovery.k8s.io/EndpointSlice/shop/${name}`)
      ?.references.map(({ reason }) => reason);
  expect(["lost", "odd", "good"].map(reasons)).toEqual([["ServiceNotFound"], ["PortNotFound"], []]);
  // A controller makes it before we hear of its Service, and takes it away after.
  expect(reasons("made")).toBe(undefined);
  source.put(service("nobody"));
  timers.advance(COALESCE_MS);
  expect(reasons("lost")).toEqual([]);
});

describe("whatever objects there are", () => {
  const name = fc.constantFrom(...NAMES);
  const place = fc.record({
    namespace: fc.constantFrom("shop", "shop", "team"),
    file: fc.constantFrom("a.yaml", "b.yaml"),
    line: fc.integer({ min: 1, max: 9 }),
    generation: fc.integer({ min: 1, max: 3 }),
  });
  const path = fc.constantFrom("/a", "/b", "/c");
  const backends = fc.array(
    fc.tuple(name, fc.nat(3), fc.constantFrom(0, 81)).map((args) => backend(...args)),
    { maxLength: 3 },
  );
  const matches = fc.array(
    fc.oneof(
      path.map((text) => ({ kind: "match", match: pathIs(text) }) as const),
      fc.constant({ kind: "group", group: "g", names: [] } as const),
    ),
    { maxLength: 2 },
  );
  const routes = fc
    .uniqueArray(path, { maxLength: 3 })
    .map((paths) => paths.map((text) => route(`r${text}`, pathIs(text))));
  const objectName = fc.constantFrom("x", "y", "z");
  const object: fc.Arbitrary<IntentObject> = fc.oneof(
    fc.tuple(name, fc.constantFrom([80], [81], [80, 81])).map(([n, ports]) => service(n, ports)),
    fc.tuple(objectName, name, backends, matches, place).map((args) => split(...args)),
    fc
      .tuple(name, fc.record({ routes, overrides: backends }), place)
      .map((args) => profile(...args)),
    fc
      .tuple(objectName, name, fc.record({ routes: fc.subarray(["r/a", "r/b"]) }), place)
      .map((args) => policy(...args)),
    path.map((text) => routeGroup("g", [{ name: "m", match: pathIs(text) }])),
    fc.tuple(objectName, name).map(([n, of]) => slice(n, of, ["10.0.0.1"])),
  );
  const mesh = fc.uniqueArray(object, {
    maxLength: 12,
    selector: ({ ref }) => `${ref.kind}/${ref.namespace}/${ref.name}`,
  });

  it("their order does not matter", () => {
    const shuffled = mesh.chain((objects) =>
      fc.tuple(fc.constant(objects), fc.shuffledSubarray(objects, { minLength: objects.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        const [a, b] = [createIndex(one), createIndex(other)];
        expect(contents(a.store, NAMESPACES)).toEqual(contents(b.store, NAMESPACES));
      }),
      { numRuns: 150 },
    );
  });

  it("following changes ends where reading everything anew does", () => {
    fc.assert(
      fc.property(mesh, mesh, (before, after) => {
        const followed = createIndex(before);
        followed.source.remove(...before);
        followed.source.put(...after);
        followed.timers.advance(COALESCE_MS);
        const fresh = createIndex(after);
        expect(contents(followed.store, NAMESPACES)).toEqual(contents(fresh.store, NAMESPACES));
        for (const { ref } of [...before, ...after]) {
          const id = `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`;
          expect(followed.index.verdict(id)).toEqual(fresh.index.verdict(id));
          expect(new Set(followed.store.namesOf(id))).toEqual(new Set(fresh.store.namesOf(id)));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("every request meets an action with somewhere to go, and every set named exists", () => {
    fc.assert(
      fc.property(mesh, path, (objects, text) => {
        const { store } = createIndex(objects);
        for (const key of KEYS) {
          for (const namespace of NAMESPACES) {
            const found = store.lookup(named("destination", key), namespace);
            if (found?.type !== "destination") continue;
            const { rules, endpointSets } = found.body;
            const rule = rules.find(({ match }) => meets(match, text));
            expect(rule?.action.backends.length).toBeGreaterThan(0);
            // The rule that takes everything is the last, and no other stands before it in vain.
            expect(rules.findIndex(({ match }) => meets(match, "/nowhere"))).toBe(rules.length - 1);
            for (const set of endpointSets) expect(store.endpointSet(set)).toBeDefined();
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

function meets(match: Match, path: string): boolean {
  switch (match.kind) {
    case "path":
      return match.path === path;
    case "all":
      return match.of.every((one) => meets(one, path));
    case "any":
      return match.of.some((one) => meets(one, path));
    default:
      throw new Error(`this test makes no ${match.kind}`);
  }
}

/** A clock that moves each time it is looked at, as one does while there is work. */
function createBusyIndex(objects: readonly IntentObject[]) {
  const timers = new ManualTimers();
  return makeIndex(objects, timers, {
    nowMs: () => {
      timers.clock.advance(0.2);
      return timers.clock.nowMs();
    },
    wallMs: () => 0,
  });
}

describe("a large mesh", () => {
  const names = Array.from({ length: 100 }, (_, index) => `s${index}`);
  const objects = names.flatMap((one) => [service(one), slice(`e-${one}`, one, ["10.0.0.1"])]);

  it("is compiled in many turns, and is synced after the last", async () => {
    const { timers, store, index, rounds } = createBusyIndex(objects);
    let isIdle = false;
    index.start();
    const idle = index.whenIdle().then(() => {
      isIdle = true;
    });
    expect(store.synced).toBe(false);
    let turns = 1;
    while (!store.synced) {
      timers.advance(1);
      turns += 1;
      expect(turns).toBeLessThan(200);
      // Whoever finds a destination finds its endpoints.
      const found = names.filter((one) => store.destination(`svc/shop/${one}:80`) !== undefined);
      for (const one of found) expect(store.endpointSet(`svc/shop/${one}:80`)).toBeDefined();
    }
    expect(turns).toBeGreaterThan(10);
    await idle;
    expect(isIdle).toBe(true);
    expect(store.counts).toMatchObject({ destinations: 100, endpointSets: 100 });
    expect(Math.max(...rounds)).toBeLessThan(20);
    expect(rounds.reduce((sum, one) => sum + one, 0)).toBe(100);
  });

  it("comes out the same as in one turn", () => {
    const all = [...objects, split("s", "s1", [backend("s2", 1)])];
    const busy = createBusyIndex(all);
    busy.index.start();
    busy.timers.advance(1000);
    const { store } = createIndex(all);
    for (const one of names) {
      const key = `svc/shop/${one}:80`;
      expect(busy.store.destination(key)?.encoded).toBe(store.destination(key)?.encoded);
      expect(busy.store.endpointSet(key)?.encoded).toBe(store.endpointSet(key)?.encoded);
    }
  });

  it("takes what changes meanwhile", () => {
    const { timers, source, store, index } = createBusyIndex(objects);
    index.start();
    source.remove(service("s99"), slice("e-s99", "s99", []));
    source.put(split("s", "s98", [backend("s2", 1)]));
    timers.advance(1000);
    expect(store.destination("svc/shop/s99:80")).toBeUndefined();
    expect(store.destination("svc/shop/s98:80")?.body.endpointSets).toEqual(["svc/shop/s2:80"]);
    expect(store.synced).toBe(true);
  });

  it("lets nobody wait for an index that stops", async () => {
    const { index, timers } = createBusyIndex(objects);
    index.start();
    const idle = index.whenIdle();
    index.stop();
    await idle;
    expect(timers.pendingCount).toBe(0);
  });
});
