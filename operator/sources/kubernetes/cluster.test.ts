import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ManualTimers } from "../../../base/timers.ts";
import { PATHS } from "../../../test/harness/cluster-objects.ts";
import { type FakeApiServer, statusBody } from "../../../test/harness/fake-api-server.ts";
import { followCluster } from "../../../test/harness/followed-cluster.ts";
import type { Cluster } from "./cluster.ts";
import { ClusterFacts } from "./cluster-facts.ts";
import { describePod } from "./describe-pod.ts";

const IDENTITY = { namespace: "shop", name: "web-1", serviceAccount: "web", podUid: "u1" };
const ZONE = "topology.kubernetes.io/zone";

let timers: ManualTimers;
let server: FakeApiServer;
let cluster: Cluster;
let facts: ClusterFacts;

beforeEach(() => {
  ({ timers, server, cluster } = followCluster());
  facts = new ClusterFacts({
    ...{ cluster, timers, trustDomain: "cluster.local", serviceUid: () => "" },
  });
});

afterEach(async () => {
  facts.stop();
  await cluster.stop();
});

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  timers.advance(20);
}

const node = (name: string, zone: string) => ({ metadata: { name, labels: { [ZONE]: zone } } });

interface PodChange {
  readonly labels?: object;
  readonly containers?: readonly string[];
  readonly status?: object;
}

function pod(name: string, { labels = {}, containers = ["app"], status = {} }: PodChange = {}) {
  return {
    metadata: {
      ...{ name, namespace: "shop", uid: "u1" },
      labels: { "pod-template-hash": "abc", "app.kubernetes.io/name": "web", ...labels },
      annotations: { "example.com/notes": "x".repeat(1_000), "heddle.mesh/proxy-version": "0.9.0" },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-abc", controller: true, uid: "r" },
      ],
      managedFields: [{ manager: "kubelet" }],
    },
    spec: {
      nodeName: "n1",
      serviceAccountName: "web",
      containers: containers.map((one) => ({
        ...{ name: one, image: `example.com/${one}:1`, env: [{ name: "A", value: "b" }] },
        ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
        livenessProbe: { httpGet: { path: "/", port: 8080 } },
      })),
      volumes: [{ name: "cache", emptyDir: {} }],
    },
    status: {
      ...{ phase: "Running", podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }] },
      conditions: [{ type: "Ready", status: "True" }],
      ...status,
    },
  };
}

const PROXIED = {
  labels: { "heddle.mesh/proxied": "transparent" },
  containers: ["heddle-proxy", "app"],
};

describe("pods", () => {
  it("are kept as far as somebody asks about them", async () => {
    server.put(PATHS.pods, pod("web-1", PROXIED));
    await cluster.start();
    const known = cluster.pods.podOf("u1");
    expect(known).toMatchObject({
      ...{ namespace: "shop", name: "web-1", node: "n1", serviceAccount: "web" },
      ...{ addresses: ["10.0.0.1", "fd00::1"], owner: { kind: "Deployment", name: "web" } },
      ...{ isLeaving: false, hasProxy: true, isProxied: true, proxyVersion: "0.9.0" },
    });
    expect(cluster.pods.podNamed("shop", "web-1")).toBe(known);
    expect(JSON.stringify(known)).not.toMatch(/example.com\/notes|livenessProbe|env|managedFields/);
    expect(JSON.stringify(known?.pod).length).toBeLessThan(700);
  });

  it("that are made anew, or have ended, are others", async () => {
    server.put(PATHS.pods, pod("web-1"));
    await cluster.start();
    const changes: string[] = [];
    cluster.pods.subscribe(({ before, after }) => changes.push(`${before?.uid} ${after?.uid}`));
    const again = pod("web-1");
    const fresh = { ...again, metadata: { ...again.metadata, uid: "u2" } };
    server.put(PATHS.pods, fresh);
    await settle();
    expect(changes).toEqual(["u1 undefined", "undefined u2"]);
    expect([cluster.pods.podOf("u1"), cluster.pods.podOf("u2")?.name]).toEqual([
      undefined,
      "web-1",
    ]);
    server.put(PATHS.pods, { ...fresh, status: { phase: "Succeeded" } });
    await settle();
    expect([...cluster.pods.list()]).toEqual([]);
  });

  it("say that a proxy stands before them only where one is in them", async () => {
    server.put(PATHS.pods, pod("web-1", { labels: PROXIED.labels }));
    await cluster.start();
    expect(cluster.pods.podOf("u1")?.isProxied).toBe(false);
    expect(facts.standingOf("u1")).toEqual({ proxied: false, identity: "" });
  });

  it("that tell of their health change nothing for endpoints", async () => {
    server.put(PATHS.pods, pod("web-1"));
    await cluster.start();
    await settle();
    const told: unknown[] = [];
    facts.subscribe((changed) => told.push(changed));
    server.put(PATHS.pods, pod("web-1", { status: { conditions: [] } }));
    await settle();
    expect(told).toEqual([]);
    server.put(PATHS.pods, pod("web-1", PROXIED));
    await settle();
    await settle();
    expect(told).toEqual([{ targetUids: ["u1"], nodes: [] }]);
    const identity = "spiffe://cluster.local/ns/shop/sa/web";
    expect(facts.standingOf("u1")).toEqual({ proxied: true, identity });
  });
});

describe("a proxy's own pod", () => {
  it("is described with its place, once it is proven which one it is", async () => {
    server.put(PATHS.pods, pod("web-1"));
    server.put(PATHS.nodes, node("n1", "west"));
    await cluster.start();
    expect(describePod(cluster, IDENTITY)).toEqual({
      ...{ name: "web-1", ownerKind: "Deployment", ownerName: "web" },
      ...{ serviceAccount: "web", node: "n1", zone: "west" },
    });
    for (const other of [{ podUid: "" }, { podUid: "u9" }, { namespace: "x" }, { name: "web-2" }]) {
      expect(describePod(cluster, { ...IDENTITY, ...other })).toBe(undefined);
    }
  });
});

describe("nodes and namespaces", () => {
  it("are read as metadata alone", async () => {
    server.put(PATHS.nodes, node("n1", "west"));
    await cluster.start();
    const asked = (path: string) => server.requests.find((one) => one.path === path)?.accept;
    expect(asked(PATHS.nodes)).toContain("PartialObjectMetadata");
    expect(asked(PATHS.namespaces)).toContain("PartialObjectMetadata");
    expect(asked(PATHS.pods)).toBe("application/json");
    const told: string[] = [];
    cluster.nodes.subscribe((name) => told.push(name));
    server.put(PATHS.nodes, node("n1", "west"));
    server.put(PATHS.nodes, node("n1", "east"));
    server.remove(PATHS.nodes, "n1");
    await settle();
    expect([told, cluster.nodes.zoneOf("n1")]).toEqual([["n1", "n1"], ""]);
  });

  it("say what counts for injection, until they go", async () => {
    const annotations = { "heddle.mesh/inject": "enabled", other: "1" };
    server.put(PATHS.namespaces, { metadata: { name: "shop", annotations } });
    await cluster.start();
    expect(cluster.namespaces.factsOf("shop")).toEqual({
      ...{ name: "shop", labels: {}, annotations: { "heddle.mesh/inject": "enabled" } },
    });
    const told: string[] = [];
    cluster.namespaces.subscribe((name) => told.push(name));
    server.put(PATHS.namespaces, {
      metadata: { name: "shop", annotations: { ...annotations, other: "2" } },
    });
    await settle();
    expect(told).toEqual([]);
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    server.put(PATHS.namespaces, { metadata: { name: "shop", annotations, deletionTimestamp } });
    await settle();
    expect([told, cluster.namespaces.factsOf("shop")]).toEqual([["shop"], undefined]);
  });
});

it("what may not be read is not waited for, and is told", async () => {
  server.interfere = ({ path }) =>
    path === PATHS.nodes ? { answer: 403, body: statusBody(403, "Forbidden") } : undefined;
  await cluster.start();
  expect(cluster.synced).toBe(true);
  expect(cluster.problems()).toMatchObject([{ code: "forbidden", object: "nodes" }]);
});

it("pods that cannot be read now are waited for", async () => {
  server.interfere = ({ path }) => (path === PATHS.pods ? { answer: 500 } : undefined);
  await cluster.start();
  expect([cluster.synced, cluster.pods.synced]).toEqual([false, false]);
});
