/** `heddle check` in a cluster where all is well, and in one where exactly one thing is not. */
import { beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../base/program.ts";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import { ClusterError } from "../../cli/cluster/cluster.ts";
import { MemoryCluster, type MemoryClusterOptions } from "../../cli/cluster/memory-cluster.ts";
import { INSTALLED_KINDS } from "../../cli/install/installed-kinds.ts";
import { runVerb } from "../../cli/main.ts";
import { createMemoryContext, WALL_MS } from "../../cli/memory-context.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions } from "../../install/options.ts";
import { collectionPath } from "../../kube/kube-object.ts";
import { createRoot, issueLeaf } from "../../operator/identity/certificate.ts";
import { untilInTime } from "../harness/until.ts";

const DAY_MS = 86_400_000;

type Json = Readonly<Record<string, unknown>>;
/** Objects by the path of their collection. */
type World = Record<string, Json[]>;

interface Certificates {
  readonly ca: string;
  readonly leaf: string;
}

let good: Certificates;
let other: Certificates;

async function certificates(startMs: number, lifeMs: number): Promise<Certificates> {
  const validity = { notBeforeWallMs: startMs, notAfterWallMs: startMs + lifeMs };
  const root = await createRoot(validity);
  const names = { dnsNames: ["heddle-webhook.heddle.svc"], ipAddresses: [] } as const;
  const leaf = await issueLeaf(root, names, validity);
  return { ca: root.certificatePem, leaf: leaf.certificatePem };
}

beforeAll(async () => {
  // Loaded before time goes on: reading files takes as long as it takes.
  await import("../../cli/checks/check-cluster.ts");
  good = await certificates(WALL_MS - 10 * DAY_MS, 90 * DAY_MS);
  other = await certificates(WALL_MS - 80 * DAY_MS, 90 * DAY_MS);
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function pod(namespace: string, name: string, metadata: Json = {}): Json {
  return {
    metadata: { resourceVersion: "1", namespace, name, ...metadata },
    spec: { containers: [] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  };
}

function installation(): World {
  const world: World = {};
  for (const { kind, metadata, ...rest } of installObjects(defaultInstallOptions())) {
    const found = INSTALLED_KINDS.find((one) => one.kind === kind);
    if (found === undefined) continue;
    const replicas = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    let status: Json = {};
    if (kind === "Deployment") status = { observedGeneration: 1, ...replicas };
    else if (kind === "CustomResourceDefinition") {
      status = { conditions: [{ type: "Established", status: "True" }] };
    }
    const { webhooks } = rest;
    const entries = Array.isArray(webhooks) ? webhooks.filter(isRecord) : [];
    const bundle = { caBundle: base64(good.ca) };
    const told = entries.map((one) => ({ ...one, clientConfig: { service: {}, ...bundle } }));
    const whole = { ...rest, kind, metadata: { ...metadata, resourceVersion: "1" }, status };
    const path = collectionPath(found);
    world[path] = [
      ...(world[path] ?? []),
      told.length === 0 ? whole : { ...whole, webhooks: told },
    ];
  }
  return world;
}

function wellWorld(): World {
  const secret = (name: string, data: Json): Json => ({
    metadata: { name, namespace: "heddle", resourceVersion: "1" },
    data,
  });
  const program = (name: string) => ({ labels: { "app.kubernetes.io/name": name } });
  const proxied = {
    labels: { "heddle.mesh/proxied": "transparent" },
    annotations: { "heddle.mesh/proxy-version": VERSION },
  };
  const space = (name: string, labels: Json) => ({
    metadata: { name, labels, resourceVersion: "1" },
  });
  const world = installation();
  return {
    ...world,
    "/api/v1/nodes": [
      { ...space("n1", {}), status: { nodeInfo: { kubeletVersion: "v1.33.2+k3s1" } } },
    ],
    "/api/v1/secrets": [
      secret("heddle-ca", { "ca.crt": base64(good.ca) }),
      secret("heddle-webhook-tls", { "tls.crt": base64(good.leaf) }),
    ],
    "/apis/coordination.k8s.io/v1/leases": [
      {
        metadata: { name: "heddle-operator", namespace: "heddle", resourceVersion: "1" },
        spec: { holderIdentity: "op-0_1f", renewTime: "2026-03-01T11:59:55.000000Z" },
      },
    ],
    "/api/v1/pods": [
      pod("heddle", "op-0", program("heddle-operator")),
      pod("heddle", "hook-0", program("heddle-webhook")),
      pod("shop", "web-0", proxied),
    ],
    "/api/v1/namespaces": [
      ...(world["/api/v1/namespaces"] ?? []),
      space("shop", { "heddle.mesh/inject": "enabled" }),
      space("other", {}),
    ],
    "/api/v1/configmaps": [
      ...(world["/api/v1/configmaps"] ?? []),
      { metadata: { name: "heddle-ca", namespace: "shop", resourceVersion: "1" } },
    ],
    "/apis/heddle.mesh/v1alpha1/trafficsplits": [],
    "/apis/heddle.mesh/v1alpha1/serviceprofiles": [],
    "/apis/heddle.mesh/v1alpha1/retrypolicies": [],
  };
}

function refusal(status: number, detail: string): ClusterError {
  return new ClusterError({ status, reason: "Invalid", detail, advice: "", cause: null });
}

const DENIED = refusal(400, 'admission webhook "validate.heddle.mesh" denied the request: no');
const READY = { "op-0:4192/ready": "ready\n", "hook-0:4194/ready": "ready\n" };
type Fails = MemoryCluster["fails"];
const trialIs =
  (error: ClusterError | undefined): Fails =>
  (verb, path) =>
    verb === "APPLY" && path.endsWith("/heddle-check") ? error : undefined;

function clusterOf(world: World, more: MemoryClusterOptions = {}): MemoryCluster {
  const answers = { "/version": { gitVersion: "v1.36.3" } };
  const cluster = new MemoryCluster({ objects: world, pods: READY, answers, ...more });
  cluster.fails = trialIs(DENIED);
  return cluster;
}

interface Told {
  readonly name: string;
  readonly verdict: string;
  readonly detail: string;
  readonly hint: string;
}

async function check(cluster: MemoryCluster, flags = "") {
  const context = createMemoryContext({ cluster });
  const line = `check -o json ${flags}`.trim();
  let isDone = false;
  const code = runVerb(line.split(" "), context).finally(() => {
    isDone = true;
  });
  // Only who waits needs time to go on: certificates and Leases get old meanwhile.
  if (flags.includes("--wait")) {
    await untilInTime(context.timers, 1_000, "the end of the verb", () => isDone);
  }
  const ended = await code;
  const { groups } = JSON.parse(context.io.stdout.text) as { groups: { results: Told[] }[] };
  const all = groups.flatMap(({ results }) => results);
  return { code: ended, all, wrong: all.filter(({ verdict }) => verdict !== "ok") };
}

/** One object of the world, by the end of its path, becomes another one; null removes it. */
function changed(path: string, name: string, change: (object: Json) => Json | null): World {
  const world = wellWorld();
  const objects = (world[path] ?? []).flatMap((object) => {
    const isMeant = isRecord(object.metadata) && object.metadata.name === name;
    const after = isMeant ? change(object) : object;
    return after === null ? [] : [after];
  });
  return { ...world, [path]: objects };
}

const ADMISSION = "/apis/admissionregistration.k8s.io/v1";
const INJECTORS = `${ADMISSION}/mutatingwebhookconfigurations`;
const withMetadata = (object: Json, metadata: Json): Json => ({
  ...object,
  metadata: { ...(isRecord(object.metadata) ? object.metadata : {}), ...metadata },
});

describe("heddle check", () => {
  it("finds nothing where all is well, and looks at everything", async () => {
    const { code, all, wrong } = await check(clusterOf(wellWorld()));
    expect(wrong).toEqual([]);
    expect([code, all.map(({ name }) => name)]).toEqual([
      EXIT.ok,
      [
        ...["kubernetes-version", "kubelet-versions", "installed", "kinds"],
        ...["heddle-operator-ready", "heddle-webhook-ready", "programs-synced", "leader"],
        ...["authority", "webhook-certificate", "failure-policy", "webhook-answers"],
        ...["namespaces", "pods-injected", "objects-accepted"],
      ],
    ]);
  });

  it.each<[string, verdict: string, detail: string, () => World]>([
    [
      "kubelet-versions",
      "failed",
      "n1 (v1.30.9)",
      () =>
        changed("/api/v1/nodes", "n1", (node) => ({
          ...node,
          status: { nodeInfo: { kubeletVersion: "v1.30.9" } },
        })),
    ],
    [
      "kinds",
      "failed",
      "retrypolicies.heddle.mesh",
      () =>
        changed(
          "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
          "retrypolicies.heddle.mesh",
          () => null,
        ),
    ],
    [
      "same-names",
      "warning",
      '"kubectl get trafficsplits" shows those of heddle.mesh alone',
      () => {
        const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        const name = "trafficsplits.split.smi-spec.io";
        const world = wellWorld();
        const smi = { metadata: { name, resourceVersion: "1" } };
        return { ...world, [path]: [...(world[path] ?? []), smi] };
      },
    ],
    [
      "heddle-webhook-ready",
      "failed",
      "0 of 1 pods are ready",
      () =>
        changed("/apis/apps/v1/deployments", "heddle-webhook", (one) => ({
          ...one,
          status: { replicas: 1, updatedReplicas: 1 },
        })),
    ],
    [
      "leader",
      "failed",
      "has not said so for 300 s",
      () =>
        changed("/apis/coordination.k8s.io/v1/leases", "heddle-operator", (lease) => ({
          ...lease,
          spec: { holderIdentity: "op-0_1f", renewTime: "2026-03-01T11:55:00.000000Z" },
        })),
    ],
    [
      "authority",
      "warning",
      "the authority's certificate is good for 10 days",
      () =>
        changed("/api/v1/secrets", "heddle-ca", (secret) => ({
          ...secret,
          data: { "ca.crt": base64(other.ca) },
        })),
    ],
    [
      "webhook-certificate",
      "failed",
      "its caBundle does not vouch for the webhook",
      () =>
        changed("/api/v1/secrets", "heddle-webhook-tls", (secret) => ({
          ...secret,
          data: { "tls.crt": base64(other.leaf) },
        })),
    ],
    [
      "webhook-configurations",
      "failed",
      "heddle-injector missing",
      () => changed(INJECTORS, "heddle-injector", () => null),
    ],
    [
      "failure-policy",
      "warning",
      "pods of labelled namespaces are refused",
      () =>
        changed(INJECTORS, "heddle-injector", (one) => ({
          ...one,
          webhooks: (one.webhooks as Json[]).map((entry) => ({ ...entry, failurePolicy: "Fail" })),
        })),
    ],
    [
      "pods-injected",
      "warning",
      "shop/web-0",
      () => changed("/api/v1/pods", "web-0", (one) => withMetadata(one, { labels: {} })),
    ],
    [
      "proxies-current",
      "warning",
      "shop/web-0",
      () =>
        changed("/api/v1/pods", "web-0", (one) =>
          withMetadata(one, { annotations: { "heddle.mesh/proxy-version": "0.0.1" } }),
        ),
    ],
    [
      "trust",
      "failed",
      "no ConfigMap heddle-ca in shop",
      () => changed("/api/v1/configmaps", "heddle-ca", () => null),
    ],
    [
      "pod-security",
      "warning",
      "shop (baseline)",
      () =>
        changed("/api/v1/namespaces", "shop", (one) => {
          const labels = {
            "heddle.mesh/inject": "enabled",
            "pod-security.kubernetes.io/enforce": "baseline",
          };
          return withMetadata(one, { labels });
        }),
    ],
    [
      "objects-accepted",
      "warning",
      "TrafficSplit shop/web",
      () => {
        const path = "/apis/heddle.mesh/v1alpha1/trafficsplits";
        const conditions = [{ type: "Accepted", status: "False", reason: "Invalid" }];
        const split = {
          kind: "TrafficSplit",
          metadata: { name: "web", namespace: "shop", resourceVersion: "1" },
          status: { conditions },
        };
        return { ...wellWorld(), [path]: [split] };
      },
    ],
  ])("finds %s and nothing else", async (name, verdict, detail, world) => {
    const { code, wrong } = await check(clusterOf(world()));
    expect(wrong.map((one) => [one.name, one.verdict])).toEqual([[name, verdict]]);
    expect(wrong[0]?.detail).toContain(detail);
    expect(code).toBe(verdict === "failed" ? EXIT.failed : EXIT.ok);
  });

  it("takes the annotation before the label, as the webhook does", async () => {
    const inject = (said: string) => ({ "heddle.mesh/inject": said });
    const opted = changed("/api/v1/pods", "web-0", (one) =>
      withMetadata(one, { labels: inject("enabled"), annotations: inject("disabled") }),
    );
    expect((await check(clusterOf(opted))).wrong).toEqual([]);
    const out = changed("/api/v1/namespaces", "shop", (one) =>
      withMetadata(one, { labels: inject("enabled"), annotations: inject("disabled") }),
    );
    const { all } = await check(clusterOf(out));
    expect(all.find(({ name }) => name === "namespaces")?.detail).toContain("no namespace asks");
  });

  it.each<[string, ClusterError | undefined, string]>([
    ["is not asked", undefined, "a trial object was not looked at"],
    [
      "cannot be reached",
      refusal(500, 'failed calling webhook "validate.heddle.mesh": x509: unknown authority'),
      "x509: unknown authority",
    ],
  ])("tells that the webhook %s", async (_, error, detail) => {
    const cluster = clusterOf(wellWorld());
    cluster.fails = trialIs(error);
    const { code, wrong } = await check(cluster);
    expect([code, wrong.map((one) => one.name)]).toEqual([EXIT.failed, ["webhook-answers"]]);
    expect(wrong[0]?.detail).toContain(detail);
  });

  it("asks each pod of the programs itself", async () => {
    const { wrong } = await check(
      clusterOf(wellWorld(), { pods: { ...READY, "hook-0:4194/ready": "" } }),
    );
    expect(wrong).toEqual([]);
    const none = await check(clusterOf(wellWorld(), { pods: { "op-0:4192/ready": "ready" } }));
    expect(none.wrong[0]).toMatchObject({ name: "programs-synced", verdict: "failed" });
  });

  it("tells why pods have no proxy, where the operator knows", async () => {
    const entry = { namespace: "shop", pod: "node-1", owner: "", version: "" };
    const uninjected = [
      { ...entry, reason: "host-network", detail: "it uses the host's network", mend: "do this" },
      { ...entry, pod: "web-9", reason: "missed", detail: "", mend: "restart it" },
    ];
    const injection = { uninjected, uninjectedTotal: 2, outdated: [], outdatedTotal: 0 };
    const pods = { ...READY, "op-0:4192/injection": injection };
    const { wrong } = await check(clusterOf(wellWorld(), { pods }));
    expect(wrong).toMatchObject([
      {
        name: "pods-injected",
        detail: expect.stringContaining("(host-network): shop/node-1"),
        hint: "it uses the host's network; do this",
      },
      { detail: expect.stringContaining("(missed): shop/web-9"), hint: "restart it" },
    ]);
  });

  it("says what it may not see, and goes on", async () => {
    const cluster = clusterOf(wellWorld());
    cluster.fails = (verb, path) => {
      if (path.includes("/secrets/")) return refusal(403, "secrets is forbidden");
      return trialIs(DENIED)(verb, path);
    };
    const { code, wrong } = await check(cluster);
    expect(wrong.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["authority", "warning"],
      ["webhook-configurations", "warning"],
    ]);
    expect(code).toBe(EXIT.ok);
  });

  it("stops at what everything else hangs on", async () => {
    const away = clusterOf(wellWorld());
    away.fails = () => refusal(0, "the API server cannot be reached");
    expect((await check(away)).all.map(({ name }) => name)).toEqual(["kubernetes-version"]);
    const bare = clusterOf({ ...wellWorld(), "/apis/apps/v1/deployments": [] });
    const { all, code } = await check(bare);
    expect([code, all.at(-1)]).toMatchObject([EXIT.failed, { name: "installed" }]);
  });

  it("waits until nothing has failed", async () => {
    const lease = changed("/apis/coordination.k8s.io/v1/leases", "heddle-operator", (one) => ({
      ...one,
      // Nobody renews it here while time goes on.
      spec: { holderIdentity: "op-0_1f", renewTime: "2026-03-02T11:55:00.000000Z" },
    }));
    const cluster = clusterOf(lease);
    let looks = 0;
    cluster.fails = (verb, path) => {
      if (path === "/version") looks += 1;
      return trialIs(looks < 3 ? undefined : DENIED)(verb, path);
    };
    const { code } = await check(cluster, "--wait 5h");
    expect([code, looks]).toEqual([EXIT.ok, 3]);
  });
});

describe("heddle check --pre", () => {
  const reviews = (allowed: (resource: string) => boolean): MemoryClusterOptions => ({
    review: (_path, object) => {
      const spec = isRecord(object.spec) ? object.spec : {};
      const asked = isRecord(spec.resourceAttributes) ? spec.resourceAttributes : {};
      return { status: { allowed: allowed(String(asked.resource)) } };
    },
  });
  const nodes = { "/api/v1/nodes": wellWorldNodes(), "/apis/apps/v1/deployments": [] };
  const empty = {
    ...nodes,
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": [],
  };

  function wellWorldNodes(): Json[] {
    const status = { nodeInfo: { kubeletVersion: "v1.34.0" } };
    return [{ metadata: { name: "n1", resourceVersion: "1" }, status }];
  }

  it("is content with an administrator of an empty cluster", async () => {
    const { code, all, wrong } = await check(
      clusterOf(
        empty,
        reviews(() => true),
      ),
      "--pre",
    );
    expect([code, wrong]).toEqual([EXIT.ok, []]);
    expect(all.map(({ name }) => name)).toContain("grant-rights");
  });

  it("names the rights that are missing", async () => {
    const may = (resource: string) => !resource.startsWith("clusterrole");
    const { code, wrong } = await check(clusterOf(empty, reviews(may)), "--pre");
    expect(code).toBe(EXIT.failed);
    expect(wrong[0]).toMatchObject({
      name: "install-rights",
      detail:
        "you may not create clusterroles, patch clusterroles, " +
        "create clusterrolebindings, patch clusterrolebindings",
    });
  });

  it("tells of an installation that is there, and of an old cluster", async () => {
    const old = { answers: { "/version": { gitVersion: "v1.29.1" } } };
    const cluster = clusterOf(wellWorld(), { ...reviews(() => true), ...old });
    const { wrong } = await check(cluster, "--pre");
    expect(wrong.map(({ name }) => name)).toEqual(["kubernetes-version", "not-installed"]);
  });
});
