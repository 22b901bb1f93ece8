/** What the operator reads of a cluster, from a real API server. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import {
  createKubernetesSources,
  defaultInjectionPolicy,
  type KubernetesSources,
} from "../../operator/kubernetes-sources.ts";
import { until } from "../harness/until.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import { foreignDefinitions } from "./harness/foreign-definitions.ts";

const STEP_MS = 50;
const READER = "reader";
const SMI = "trafficsplits.split.smi-spec.io";

describe.skipIf(whyNoApiServer())("what is read of a cluster", () => {
  let api: OwnApiServer;
  let namespace: string;
  let timers: ManualTimers;
  let sources: KubernetesSources;

  beforeAll(async () => {
    api = await useOwnApiServer();
    await api.installCrds();
  });

  afterAll(() => api.close());

  beforeEach(async () => {
    namespace = await api.namespace();
    timers = new ManualTimers();
  });

  afterEach(async () => {
    sources.injection.stop();
    await sources.slices.stop();
    sources.facts.stop();
    await sources.cluster.stop();
    await sources.objects.stop();
  });

  async function start(token?: string): Promise<void> {
    const clock = timers.clock;
    sources = createKubernetesSources({
      client: new KubeClient({ transport: api.transport(token), timers }),
      clusterDomain: "cluster.local",
      policy: defaultInjectionPolicy("heddle"),
      defaultsFile: null,
      metrics: new Metrics({ clock }),
      random: createSeededRandom(5),
      ...{ clock, timers, log: silentLog },
    });
    await sources.slices.start();
    const started = Promise.all([sources.objects.start(), sources.cluster.start()]);
    let isStarted = false;
    void started.then(() => {
      isStarted = true;
    });
    await passUntil("it has started", () => isStarted);
    sources.injection.start();
  }

  /** Ten times as fast as the wall: no answer is too late then, also on a busy machine. */
  const passUntil = (what: string, isSo: () => boolean) =>
    until(
      () => `${what}: ${JSON.stringify(sources.objects.problems())}`,
      () => {
        timers.advance(STEP_MS);
        return isSo();
      },
    );

  const pod = (name: string, containers: readonly string[], more: object = {}) => ({
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: { namespace, name, ...more },
    spec: {
      nodeName: "node-1",
      containers: containers.map((one) => ({ name: one, image: "example.com/app:1" })),
    },
  });

  async function setStatus(name: string, status: object): Promise<void> {
    const patch = JSON.stringify({ status });
    const line = ["patch", "pod", name, "-n", namespace, "--subresource=status", "--type=merge"];
    const { code, stderr } = await api.kubectl([...line, "-p", patch]);
    if (code !== 0) throw new Error(stderr);
  }

  it("tells from pods and nodes who stands behind the endpoints of a slice", async () => {
    const zone = { "topology.kubernetes.io/zone": "west" };
    await api.apply(
      { apiVersion: "v1", kind: "Node", metadata: { name: "node-1", labels: zone } },
      {
        ...{ apiVersion: "v1", kind: "Service", metadata: { namespace, name: "web" } },
        spec: { ports: [{ name: "http", port: 80, targetPort: "http" }] },
      },
      pod("web-1", ["heddle-proxy", "app"], { labels: { "heddle.mesh/proxied": "transparent" } }),
    );
    await start();
    await setStatus("web-1", { phase: "Running", podIPs: [{ ip: "10.1.0.1" }] });
    await passUntil("its address is known", () => {
      return sources.cluster.pods.podNamed(namespace, "web-1")?.addresses[0] === "10.1.0.1";
    });
    const known = sources.cluster.pods.podNamed(namespace, "web-1");
    const targetRef = { kind: "Pod", namespace, name: "web-1", uid: known?.uid };
    await api.apply({
      ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4" },
      metadata: { namespace, name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: [{ addresses: ["10.1.0.1"], nodeName: "node-1", targetRef }],
    });
    const key = formatServiceKey({ scheme: "svc", namespace, name: "web", port: 80 });
    const endpoints = () => sources.slices.get(key)?.set.endpoints ?? [];
    await passUntil("the endpoint is there", () => endpoints().length === 1);
    expect(endpoints()[0]).toMatchObject({
      ...{ zone: "west", node: "node-1", proxied: true, state: "ready" },
      identity: `spiffe://cluster.local/ns/${namespace}/sa/default`,
    });
    await setStatus("web-1", { phase: "Succeeded" });
    await passUntil("the pod has ended", () => {
      return sources.cluster.pods.podNamed(namespace, "web-1") === undefined;
    });
    await passUntil("nobody stands there", () => endpoints()[0]?.proxied === false);
  });

  it("knows services by all names that the API server takes", async () => {
    const names = ["1web", "123", "10-0-0-1"];
    const ports = [{ name: "http", port: 80 }];
    const services = names.map((name) => ({
      ...{ apiVersion: "v1", kind: "Service", metadata: { namespace, name }, spec: { ports } },
    }));
    await api.apply(...services);
    await start();
    const known = (name: string) => sources.objects.get(`/Service/${namespace}/${name}`);
    await passUntil("they are read", () => names.every((name) => known(name) !== undefined));
    expect(names.map((name) => known(name)?.live?.intent)).toMatchObject(
      names.map(() => ({ type: "service", ports: [{ port: 80 }] })),
    );
  });

  it("finds the pods that its namespace wants a proxy in", async () => {
    await api.apply(pod("bare", ["app"]));
    await start();
    await passUntil("it is known", () => {
      return (
        sources.cluster.synced && sources.cluster.pods.podNamed(namespace, "bare") !== undefined
      );
    });
    expect([...sources.injection.list()]).toEqual([]);
    const said = ["annotate", "namespace", namespace, "heddle.mesh/inject=enabled"];
    expect((await api.kubectl(said)).code).toBe(0);
    await passUntil("it is found", () => [...sources.injection.list()].length === 1);
    expect([...sources.injection.list()]).toMatchObject([
      { problem: "uninjected", reason: "missed", pod: { namespace, name: "bare" } },
    ]);
  });

  it("takes foreign kinds when they come, and loses nothing else when they go", async () => {
    await start();
    const state = () =>
      sources.objects.informers.find(({ name }) => name === SMI)?.state ?? "unknown";
    await passUntil("it is absent", () => state() === "absent");
    await api.installDefinitions(foreignDefinitions());
    await api.apply({
      ...{ apiVersion: "split.smi-spec.io/v1alpha4", kind: "TrafficSplit" },
      metadata: { namespace, name: "web" },
      spec: { service: "web", backends: [{ service: "web", weight: 1 }] },
    });
    const id = `split.smi-spec.io/TrafficSplit/${namespace}/web`;
    await passUntil("it is read", () => sources.objects.get(id) !== undefined);
    expect(sources.objects.get(id)?.apiVersion).toBe("split.smi-spec.io/v1alpha4");
    const others = [...sources.objects.list()].filter((one) => one.id !== id).length;
    const { code, stderr } = await api.kubectl(["delete", "crd", SMI, "--wait=true"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    await passUntil("it is gone", () => sources.objects.get(id) === undefined);
    await passUntil("the kind is known to be absent", () => state() === "absent");
    expect([...sources.objects.list()]).toHaveLength(others);
    expect(sources.slices.health.synced).toBe(true);
  });

  it("is the rest where one kind may not be read, and that one once it may", async () => {
    const account = { namespace, name: READER };
    const role = (name: string, resources: string) => {
      const line = ["create", "clusterrole", `${namespace}-${name}`, "--verb=list,watch"];
      return api.kubectl([...line, `--resource=${resources}`]);
    };
    const bind = (name: string) => {
      const line = ["create", "clusterrolebinding", `${namespace}-${name}`];
      const to = [`--clusterrole=${namespace}-${name}`, `--serviceaccount=${namespace}:${READER}`];
      return api.kubectl([...line, ...to]);
    };
    const own = "serviceprofiles.heddle.mesh,trafficsplits.heddle.mesh";
    const core = "pods,nodes,namespaces,services,endpointslices.discovery.k8s.io";
    await role("most", `${core},${own},controllerrevisions.apps`);
    await bind("most");
    await start(await api.tokenFor(account));
    await passUntil("the rest is read", () => sources.slices.health.synced);
    const forbidden = () =>
      sources.objects
        .problems()
        .filter(({ code }) => code === "forbidden")
        .map(({ object }) => object);
    await passUntil("one is told", () => forbidden().includes("retrypolicies.heddle.mesh"));
    await role("rest", "retrypolicies.heddle.mesh");
    await bind("rest");
    await passUntil("it is read", () => !forbidden().includes("retrypolicies.heddle.mesh"));
    expect(sources.slices.health.synced).toBe(true);
  });
});
