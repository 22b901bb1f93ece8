import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSeededRandom } from "../../../base/random.ts";
import { ManualTimers } from "../../../base/timers.ts";
import { INFORMER_LIMITS } from "../../../kube/informer.ts";
import { KubeClient } from "../../../kube/kube-client.ts";
import { rank } from "../../../mesh/precedence.ts";
import { formatServiceKey } from "../../../mesh/service-key.ts";
import {
  fillCluster,
  PATHS,
  service,
  slice,
  split,
} from "../../../test/harness/cluster-objects.ts";
import { FakeApiServer, statusBody } from "../../../test/harness/fake-api-server.ts";
import { SliceEndpointSource } from "../slices/slice-source.ts";
import { FOREIGN_WAIT_MS, KubernetesSource } from "./kubernetes-source.ts";

const KEY = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web-v1", port: 80 });
const SPLIT = "heddle.mesh/TrafficSplit/shop/web";
const SMI_SPLITS = (version: string): string => `/apis/split.smi-spec.io/${version}/trafficsplits`;

let timers: ManualTimers;
let server: FakeApiServer;
let source: KubernetesSource;
let told: string[][];
let states: string[];

beforeEach(() => {
  timers = new ManualTimers();
  server = new FakeApiServer(timers);
  fillCluster(server);
  told = [];
  states = [];
  source = new KubernetesSource({
    client: new KubeClient({ transport: server, timers }),
    readOptions: { clusterDomain: "cluster.local", defaultNamespace: "default" },
    clock: timers.clock,
    timers,
    random: createSeededRandom(3),
    observer: {
      ...{ read: () => {}, watched: () => {}, failed: () => {}, listenerFailed: fail },
      changed: (resource, state) => states.push(`${resource} ${state}`),
    },
  });
  source.subscribe((changed) => told.push([...changed]));
});

afterEach(() => source.stop());

function fail(_resource: string, cause: unknown): void {
  throw cause;
}

/** In steps, as each lets what is in memory go on. */
async function pass(durationMs: number, stepMs = 1_000): Promise<void> {
  for (let passedMs = 0; passedMs <= durationMs; passedMs += stepMs) {
    timers.advance(passedMs === 0 ? 20 : stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  timers.advance(20);
}

describe("the objects of a cluster", () => {
  it("are read once, with kinds that are not installed left out", async () => {
    await source.start();
    expect(source.synced).toBe(true);
    expect([...source.list()].map(({ id }) => id).sort()).toEqual([
      "/Service/shop/web",
      "/Service/shop/web-v1",
      "discovery.k8s.io/EndpointSlice/shop/web-abc",
      "discovery.k8s.io/EndpointSlice/shop/web-v1-abc",
      SPLIT,
    ]);
    const read = source.get("/Service/shop/web");
    expect(read).toMatchObject({ apiVersion: "v1", ref: { generation: 1 }, problems: [] });
    expect(read?.createdAtWallMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(source.problems()).toEqual([]);
  });

  it("are slices of services alone: the others serve somebody else", async () => {
    await source.start();
    const asked = server.requests.filter(({ path }) => path === PATHS.slices);
    const selectors = new Set(asked.map(({ query }) => query.get("labelSelector")));
    expect([...selectors]).toEqual(["kubernetes.io/service-name"]);
  });

  it("keep their last accepted version through an edit that is not", async () => {
    await source.start();
    server.put(PATHS.splits, split("ninety", 2));
    await pass(0);
    const refused = source.get(SPLIT);
    expect(refused?.ref.generation).toBe(2);
    expect(refused?.live?.ref.generation).toBe(1);
    expect(refused?.problems.map(({ severity }) => severity)).toContain("error");
    server.put(PATHS.splits, split(50, 3));
    await pass(0);
    expect(source.get(SPLIT)?.live?.ref.generation).toBe(3);
    server.remove(PATHS.splits, "web");
    server.put(PATHS.splits, split("ninety", 1));
    await pass(0);
    expect(source.get(SPLIT)?.live).toBe(null);
  });

  it("of kinds that are not ours may have fields that are newer than this reader", async () => {
    const web = service("web");
    const spec = { ...(web.spec as object), newPolicy: { deep: [1] } };
    server.put(PATHS.services, { ...web, spec, extra: 1 });
    const slices = slice("web", "10.1.0.9");
    const endpoints = [{ addresses: ["10.1.0.9"], conditions: { ready: true, "x.y/new": true } }];
    server.put(PATHS.slices, { ...slices, endpoints });
    server.put(PATHS.splits, { ...split(80, 2), extra: 1 });
    await source.start();
    expect(source.get("/Service/shop/web")).toMatchObject({ live: {}, problems: [] });
    const read = source.get("discovery.k8s.io/EndpointSlice/shop/web-abc");
    expect(read?.live?.intent).toMatchObject({ endpoints: [{ addresses: ["10.1.0.9"] }] });
    expect(source.get(SPLIT)?.live).toBe(null);
    expect(source.get(SPLIT)?.problems[0]?.code).toBe("unknown-field");
  });

  it("give way to older ones, whatever their names", async () => {
    const older = { creationTimestamp: "2026-01-01T00:00:00Z", name: "z", namespace: "shop" };
    const newer = { creationTimestamp: "2026-01-01T00:00:01Z", name: "a", namespace: "shop" };
    const { spec } = split(10, 1);
    server.put(PATHS.splits, { metadata: { ...newer, generation: 1 }, spec });
    server.put(PATHS.splits, { metadata: { ...older, generation: 1 }, spec });
    await source.start();
    const both = ["a", "z"].flatMap(
      (name) => source.get(`heddle.mesh/TrafficSplit/shop/${name}`)?.live ?? [],
    );
    expect(rank(both, "").map(({ ref }) => ref.name)).toEqual(["z", "a"]);
  });

  it("are told of together when many change at once", async () => {
    await source.start();
    await pass(0);
    told = [];
    for (let n = 0; n < 50; n++) server.put(PATHS.services, service(`s${n}`));
    server.remove(PATHS.services, "web-v1");
    await pass(0);
    expect(told).toHaveLength(1);
    expect(told[0]).toHaveLength(51);
    expect(source.get("/Service/shop/web-v1")).toBe(undefined);
  });

  it("are all read but those of a kind that is forbidden, which is said", async () => {
    server.interfere = ({ path }) =>
      path === PATHS.profiles ? { answer: 403, body: statusBody(403, "Forbidden") } : undefined;
    await source.start();
    expect(source.get(SPLIT)?.live).not.toBe(null);
    expect(source.synced).toBe(true);
    expect(source.problems()).toMatchObject([
      { severity: "error", code: "forbidden", object: "serviceprofiles.heddle.mesh" },
    ]);
    server.put(PATHS.profiles, {
      metadata: { name: "web.shop.svc.cluster.local", namespace: "shop", generation: 1 },
      spec: { routes: [] },
    });
    server.interfere = () => undefined;
    await pass(INFORMER_LIMITS.forbiddenMs);
    expect(source.problems()).toEqual([]);
    expect(source.get("heddle.mesh/ServiceProfile/shop/web.shop.svc.cluster.local")).toBeDefined();
  });

  it("are not all there without the kinds that endpoints come from", async () => {
    server.interfere = ({ path }) =>
      path === PATHS.slices ? { answer: 403, body: statusBody(403, "Forbidden") } : undefined;
    await source.start();
    expect([source.synced, source.health.reachable]).toEqual([false, false]);
    server.interfere = () => undefined;
    await pass(INFORMER_LIMITS.forbiddenMs);
    expect([source.synced, source.health.reachable]).toEqual([true, true]);
  });

  it("do not wait for a foreign kind that is forbidden", async () => {
    server.interfere = ({ path }) => (path.includes("smi-spec") ? { answer: 403 } : undefined);
    await source.start();
    expect(source.synced).toBe(true);
    expect(source.problems().map(({ severity }) => severity)).toEqual(["warning", "warning"]);
  });

  it("wait some time, and no longer, for a foreign kind that cannot be read", async () => {
    const isForeign = (path: string) => path.includes("smi-spec");
    server.interfere = () => ({ answer: 500 });
    await source.start();
    await pass(2 * FOREIGN_WAIT_MS);
    server.interfere = ({ path }) => (isForeign(path) ? { answer: 500 } : undefined);
    await pass(INFORMER_LIMITS.retryMaxMs);
    expect([source.get(SPLIT)?.live?.ref.generation, source.synced]).toEqual([1, false]);
    await pass(FOREIGN_WAIT_MS);
    expect(source.synced).toBe(true);
    expect(source.problems()).toMatchObject([
      { severity: "warning", code: "not-read", object: "trafficsplits.split.smi-spec.io" },
      { severity: "warning", code: "not-read", object: "httproutegroups.specs.smi-spec.io" },
    ]);
    server.interfere = () => undefined;
    await pass(INFORMER_LIMITS.retryMaxMs);
    expect(source.problems()).toEqual([]);
  });

  it("wait for a kind of ours for as long as it cannot be read", async () => {
    server.interfere = ({ path }) => (path === PATHS.profiles ? { answer: 500 } : undefined);
    await source.start();
    await pass(5 * FOREIGN_WAIT_MS, 5_000);
    expect(source.synced).toBe(false);
    server.interfere = () => undefined;
    await pass(INFORMER_LIMITS.retryMaxMs);
    expect(source.synced).toBe(true);
  });

  it("tell that a kind of ours is not installed", async () => {
    server.withdraw(PATHS.policies);
    await source.start();
    expect(source.synced).toBe(true);
    expect(source.problems()).toMatchObject([
      { code: "not-installed", object: "retrypolicies.heddle.mesh" },
    ]);
  });

  it("include those of foreign kinds when these come, in the newest version", async () => {
    await source.start();
    const backends = [{ service: "web-v1", weight: 1 }];
    server.put(SMI_SPLITS("v1alpha2"), {
      metadata: { name: "smi", namespace: "shop", generation: 1 },
      spec: { service: "web", backends },
    });
    await pass(INFORMER_LIMITS.absentMs);
    const id = "split.smi-spec.io/TrafficSplit/shop/smi";
    expect(source.get(id)).toMatchObject({ apiVersion: "split.smi-spec.io/v1alpha2" });
    const others = [...source.list()].filter((one) => one.id !== id);
    told = [];
    server.withdraw(SMI_SPLITS("v1alpha2"));
    await pass(10_000);
    expect(source.get(id)).toBe(undefined);
    expect([...source.list()]).toEqual(others);
    expect(told.flat()).toEqual([id]);
    expect(source.synced).toBe(true);
    const foreign = states.filter((line) => line.startsWith("trafficsplits.split.smi-spec.io"));
    expect(foreign.map((line) => line.split(" ")[1])).toEqual(["absent", "following", "absent"]);
  });

  it("stay while the API server cannot be reached, and that is said", async () => {
    await source.start();
    await pass(2_000);
    server.interfere = () => ({ refused: true });
    for (const path of Object.values(PATHS)) server.resetWatches(path);
    await pass(5_000);
    expect(source.get(SPLIT)?.live).not.toBe(null);
    expect(source.health.reachable).toBe(false);
    expect(source.problems()[0]?.message).toMatch(/cannot be read now: .*ECONNREFUSED/);
    server.interfere = () => undefined;
    await pass(INFORMER_LIMITS.retryMaxMs);
    expect(source.health).toMatchObject({ reachable: true, message: "" });
  });
});

it("gives endpoints of slices, and follows them", async () => {
  const slices = new SliceEndpointSource({
    objects: source,
    clock: timers.clock,
    origin: () => source.health,
  });
  await slices.start();
  await source.start();
  await pass(0);
  const addresses = () => slices.get(KEY)?.set.endpoints.map(({ address }) => address);
  expect(addresses()).toEqual(["10.1.0.2", "10.1.0.3"]);
  expect(slices.health).toMatchObject({ synced: true, reachable: true });
  server.put(PATHS.slices, slice("web-v1", "10.1.0.3"));
  await pass(0);
  expect(addresses()).toEqual(["10.1.0.3"]);
  await slices.stop();
});
