/** `heddle install`, `upgrade` and `uninstall`. */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { EXIT } from "../../base/program.ts";
import { VERSION } from "../../base/version.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions } from "../../install/options.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { ClusterError } from "../cluster/cluster.ts";
import { MemoryCluster } from "../cluster/memory-cluster.ts";
import { runVerb } from "../main.ts";
import { createMemoryContext, type MemoryContextOptions } from "../memory-context.ts";
import { INSTALLED_KINDS, placeObject } from "./installed-kinds.ts";

const OPERATOR = "/apis/apps/v1/namespaces/heddle/deployments/heddle-operator";
const KEPT = "/api/v1/namespaces/heddle/configmaps/heddle-install";

/** Definitions are served at once, and Deployments ready. */
function settle(object: Readonly<Record<string, unknown>>): object {
  if (object.kind === "CustomResourceDefinition") {
    return { status: { conditions: [{ type: "Established", status: "True" }] } };
  }
  if (object.kind !== "Deployment") return {};
  const { replicas } = object.spec as { replicas: number };
  const counts = { replicas, updatedReplicas: replicas, availableReplicas: replicas };
  return { status: { observedGeneration: 1, ...counts } };
}

function emptyCluster(): MemoryCluster {
  return new MemoryCluster({ settle, knows: () => true });
}

/** Time goes on until the verb ends. */
async function heddle(line: string, cluster: MemoryCluster, more: MemoryContextOptions = {}) {
  const context = createMemoryContext({ cluster, ...more });
  let isDone = false;
  const code = runVerb(line.split(" "), context).finally(() => {
    isDone = true;
  });
  await untilInTime(context.timers, 1_000, "the end of the verb", () => isDone);
  return { code: await code, stdout: context.io.stdout.text, stderr: context.io.stderr.text };
}

function namesIn(text: string): readonly string[] {
  return parseAllDocuments(text).map((document) => {
    const { kind, metadata } = document.toJS() as { kind: string; metadata: { name: string } };
    return `${kind}/${metadata.name}`;
  });
}

describe("heddle install", () => {
  it("prints every object, without asking a cluster", async () => {
    const cluster = emptyCluster();
    const { code, stdout, stderr } = await heddle("install --set logLevel=debug", cluster);
    expect([code, stderr, cluster.asked]).toEqual([EXIT.ok, "", []]);
    const wanted = installObjects({ ...defaultInstallOptions(), logLevel: "debug" });
    const names = wanted.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(namesIn(stdout).filter((name) => name !== "ConfigMap/heddle-install")).toEqual(names);
    expect(stdout).toContain('"logLevel": "debug"');
  });

  it("knows the path of every object that any options bring", () => {
    const every = { ha: true, monitoring: true, certificates: "cert-manager" } as const;
    for (const object of installObjects({ ...defaultInstallOptions(), ...every })) {
      expect(INSTALLED_KINDS).toContain(placeObject(object).kind);
    }
  });

  it("applies in order, and waits for kinds and programs", async () => {
    const cluster = emptyCluster();
    const { code, stderr } = await heddle("install --apply --ha", cluster);
    expect(code).toBe(EXIT.ok);
    expect(cluster.changes[0]).toBe("APPLY /api/v1/namespaces/heddle");
    expect(stderr).toContain("✓ Deployment heddle/heddle-operator created\n");
    expect(stderr).toContain("✓ Deployment heddle/heddle-webhook is ready\n");
    const again = await heddle("install --apply --ha", cluster);
    expect(again.stderr).toContain("· Deployment heddle/heddle-operator unchanged\n");
    expect(again.stderr).not.toContain("created");
  });

  it("says what holds up a program, and gives up in time", async () => {
    const pod = {
      metadata: { name: "x", namespace: "heddle", labels: { "heddle.mesh/part-of": "heddle" } },
      status: {
        containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff", message: "no" } } }],
      },
    };
    const cluster = new MemoryCluster({
      objects: {
        "/api/v1/pods": [{ ...pod, metadata: { ...pod.metadata, resourceVersion: "1" } }],
      },
      settle: (object) => (object.kind === "Deployment" ? {} : settle(object)),
      knows: () => true,
    });
    const { code, stderr } = await heddle("install --apply --timeout 5s", cluster);
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain("‼ Pod heddle/x: ImagePullBackOff: no\n");
    expect(stderr).toContain("is not ready after 5s: 0 of 1 pods are of this version");
  });

  it.each([
    ["--set logLevl=debug", 'logLevl is no option: did you mean "logLevel"?'],
    ["--set sidecar=true", 'sidecar is no option: "heddle install --options" lists them'],
    ["--set replicas=0", "replicas is 0: from 1 to 25"],
    ["--set certificates=external", "caBundle is missing"],
    ["--values /nowhere", "cannot read /nowhere"],
  ])("refuses %s", async (flags, message) => {
    const { code, stderr } = await heddle(`install ${flags}`, emptyCluster());
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(message)]);
    expect(code).not.toBe(EXIT.ok);
  });

  it("takes values from a file, and lets --set go over them", async () => {
    const stdin = "ha: true\nlogLevel: warn\nnodeSelector: { a: b }\n";
    const line = "install --values - --set logLevel=error --set nodeSelector.c=d";
    const { stdout } = await heddle(line, emptyCluster(), { stdin });
    expect(stdout).toContain('"logLevel": "error"');
    const deployment = parseAllDocuments(stdout)
      .map((one) => one.toJS())
      .find(({ kind, metadata }) => `${kind}/${metadata.name}` === "Deployment/heddle-operator");
    expect(deployment.spec.template.spec.nodeSelector).toMatchObject({ a: "b", c: "d" });
  });

  it("names the object that is refused", async () => {
    const cluster = emptyCluster();
    const detail = 'clusterroles is forbidden: User "dev" cannot patch';
    cluster.fails = (verb, path) =>
      verb === "APPLY" && path.includes("clusterroles/")
        ? new ClusterError({ status: 403, reason: "Forbidden", detail, advice: "", cause: null })
        : undefined;
    const { code, stderr } = await heddle("install --apply", cluster);
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain(`heddle install: ClusterRole heddle-operator: ${detail}`);
  });

  it("lists what can be chosen", async () => {
    const { stdout } = await heddle("install --options", emptyCluster());
    expect(stdout).toContain("nodeSelector.KEY=TEXT");
    expect(stdout).toMatch(/ha=true\|false +three replicas/);
  });
});

async function installed(flags = ""): Promise<MemoryCluster> {
  const cluster = emptyCluster();
  const { code } = await heddle(`install --apply ${flags}`.trim(), cluster);
  expect(code).toBe(EXIT.ok);
  cluster.changes.splice(0);
  return cluster;
}

async function withVersion(version: string, manager = ""): Promise<MemoryCluster> {
  const cluster = await installed();
  const present = (await cluster.get(OPERATOR)) as { metadata: { labels: object } };
  const managed = manager === "" ? {} : { "app.kubernetes.io/managed-by": manager };
  const labels = { ...present.metadata.labels, "app.kubernetes.io/version": version, ...managed };
  cluster.put("/apis/apps/v1/deployments", {
    ...present,
    metadata: { ...present.metadata, labels },
  });
  return cluster;
}

describe("heddle upgrade", () => {
  it("keeps what was chosen before, and removes what is no longer part of it", async () => {
    const cluster = await installed("--ha --set logFormat=json");
    const { code, stderr } = await heddle("upgrade --apply --set ha=false", cluster);
    expect(code).toBe(EXIT.ok);
    expect(stderr).toContain("- PodDisruptionBudget heddle/heddle-operator removed\n");
    const kept = (await cluster.get(KEPT)) as { data: Record<string, string> };
    expect(JSON.parse(kept.data["values.json"] ?? "")).toEqual({
      ha: false,
      logFormat: "json",
    });
  });

  it("replaces one program after the other, and waits only for what changes", async () => {
    let isSlow = false;
    let starting: Readonly<Record<string, unknown>> | null = null;
    const cluster = new MemoryCluster({
      settle: (object) => {
        if (!isSlow || object.kind !== "Deployment") return settle(object);
        starting = object;
        return { status: { observedGeneration: 1 } };
      },
      knows: () => true,
    });
    await heddle("install --apply", cluster);
    isSlow = true;
    const steps: string[] = [];
    let looks = 0;
    cluster.fails = (verb, path) => {
      const [, name] = /deployments\/heddle-(\w+)$/.exec(path) ?? [];
      if (name === undefined) return undefined;
      steps.push(`${verb} ${name}`);
      looks = verb === "GET" ? looks + 1 : 0;
      if (starting !== null && looks === 3) {
        cluster.put("/apis/apps/v1/deployments", { ...starting, ...settle(starting) });
        starting = null;
      }
      return undefined;
    };
    const { code } = await heddle("upgrade --apply --set logFormat=json", cluster);
    expect(code).toBe(EXIT.ok);
    const one = (name: string): readonly string[] => [
      `GET ${name}`,
      `APPLY ${name}`,
      ...[1, 2, 3].map(() => `GET ${name}`),
    ];
    expect(steps).toEqual([...one("operator"), ...one("webhook")]);
    steps.splice(0);
    await heddle("upgrade --apply", cluster);
    expect(steps.slice(0, 4)).toEqual([
      "GET operator",
      "APPLY operator",
      "GET webhook",
      "APPLY webhook",
    ]);
  });

  it("leaves alone what the programs made while they ran", async () => {
    const cluster = await installed();
    const made = (kind: string, namespace: string, name: string, more = {}) =>
      cluster.put(`/api/v1/${kind}`, {
        metadata: { namespace, name, labels: { "heddle.mesh/part-of": "heddle", ...more } },
      });
    made("configmaps", "shop", "heddle-ca");
    made("configmaps", "cart", "heddle-ca", { "app.kubernetes.io/version": "0.1.0" });
    made("secrets", "heddle", "heddle-webhook-tls");
    const { code, stderr } = await heddle("upgrade --apply", cluster);
    expect(code).toBe(EXIT.ok);
    expect(stderr).not.toContain("removed");
    expect(cluster.changes.filter((change) => change.startsWith("DELETE"))).toEqual([]);
  });

  it("shows what would change, and changes nothing", async () => {
    const cluster = await installed();
    const { stdout, stderr } = await heddle("upgrade --dry-run --set logFormat=json", cluster);
    expect(stdout).toContain("Deployment heddle/heddle-operator: would change\n");
    expect(stdout).toMatch(/- .*--log-format=text\n.*\+ .*--log-format=json\n/);
    expect([stderr, cluster.changes]).toEqual(["", []]);
    const same = await heddle("upgrade --dry-run", cluster);
    expect([same.stdout, same.stderr]).toEqual(["nothing would change\n", ""]);
  });

  it.each([
    ["9.0.0", "going back is not supported"],
    ["0.0.0-dev", "upgrade to"],
  ])("does not go from %s to this version", async (version, message) => {
    if (version === "0.0.0-dev" && VERSION.startsWith("0.1.")) return;
    const { code, stderr } = await heddle("upgrade --apply", await withVersion(version));
    expect([code, stderr]).toEqual([EXIT.failed, expect.stringContaining(message)]);
  });

  it("leaves alone what somebody else installed", async () => {
    for (const verb of ["upgrade --apply", "install --apply", "uninstall --apply"]) {
      const { code, stderr } = await heddle(verb, await withVersion(VERSION, "Helm"));
      expect([code, stderr]).toEqual([EXIT.failed, expect.stringContaining("by Helm")]);
    }
  });

  it("needs an installation", async () => {
    const { code, stderr } = await heddle("upgrade", emptyCluster());
    expect([code, stderr]).toEqual([EXIT.failed, expect.stringContaining("is not installed")]);
  });
});

describe("heddle uninstall", () => {
  async function used(): Promise<MemoryCluster> {
    const cluster = await installed("--ha");
    const at = (namespace: string, name: string, labels = {}) => ({
      metadata: { namespace, name, labels, resourceVersion: "1" },
    });
    cluster.put("/api/v1/configmaps", at("shop", "heddle-ca", { "heddle.mesh/part-of": "heddle" }));
    cluster.put("/api/v1/configmaps", at("shop", "of-the-shop"));
    cluster.put("/api/v1/secrets", at("heddle", "heddle-ca"));
    cluster.put("/apis/coordination.k8s.io/v1/leases", at("heddle", "heddle-operator"));
    cluster.put(
      "/apis/apps/v1/controllerrevisions",
      at("shop", "web-1", { "heddle.mesh/last-accepted": "true" }),
    );
    cluster.put("/apis/heddle.mesh/v1alpha1/trafficsplits", at("shop", "web"));
    cluster.put("/api/v1/pods", at("shop", "web-0", { "heddle.mesh/proxied": "transparent" }));
    return cluster;
  }

  it("lists what it would remove, and removes nothing", async () => {
    const cluster = await used();
    const { code, stdout, stderr } = await heddle("uninstall", cluster);
    expect([code, cluster.changes]).toEqual([EXIT.ok, []]);
    expect(stdout).toContain("ControllerRevision shop/web-1\n");
    expect(stderr).toContain("with the kinds go 1 object of theirs\n");
    expect(stderr).toContain("by namespace: shop (1)");
  });

  it("asks what is to become of objects", async () => {
    const cluster = await used();
    const { code, stderr } = await heddle("uninstall --apply", cluster);
    expect([code, cluster.changes]).toEqual([EXIT.failed, []]);
    expect(stderr).toContain("--with-objects removes them, --keep-objects keeps them");
  });

  it("leaves nothing, the webhooks first and the namespace last", async () => {
    const cluster = await used();
    const { code } = await heddle("uninstall --apply --with-objects", cluster);
    expect(code).toBe(EXIT.ok);
    expect(cluster.changes[0]).toContain("webhookconfigurations/");
    expect(cluster.changes.at(-1)).toBe("DELETE /api/v1/namespaces/heddle");
    const rest = cluster.paths();
    expect(rest).toEqual([
      "/api/v1/namespaces/shop/configmaps/of-the-shop",
      // Gone with its kind, which a cluster in memory does not know.
      "/apis/heddle.mesh/v1alpha1/namespaces/shop/trafficsplits/web",
      "/api/v1/namespaces/shop/pods/web-0",
    ]);
    const again = await heddle("uninstall --apply", cluster);
    expect([again.code, again.stderr]).toEqual([EXIT.ok, expect.stringContaining("nothing of")]);
  });

  it("keeps objects with their kinds where it is told to", async () => {
    const cluster = await used();
    await heddle("uninstall --apply --keep-objects", cluster);
    const rest = cluster.paths().filter((path) => path.includes("customresourcedefinitions"));
    expect(rest).toHaveLength(3);
  });

  it("keeps a namespace in which others live", async () => {
    const cluster = await used();
    const other = { metadata: { namespace: "heddle", name: "guest", resourceVersion: "1" } };
    cluster.put("/api/v1/pods", other);
    const { stderr } = await heddle("uninstall --apply --with-objects", cluster);
    expect(stderr).toContain("Namespace heddle stays: these pods are not Heddle's: guest");
    expect(cluster.has("/api/v1/namespaces/heddle")).toBe(true);
  });
});
