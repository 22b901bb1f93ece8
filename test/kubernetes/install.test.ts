/** What an installation consists of, before a real API server: taken as it is, and no more open. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isRecord } from "../../base/shape.ts";
import { OPERATOR, WEBHOOK } from "../../inject/names.ts";
import type { Fields } from "../../inject/pod.ts";
import { mapAt } from "../../inject/pod.ts";
import type { InstallObject } from "../../install/install-object.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions, type InstallOptions } from "../../install/options.ts";
import { VALUE_SETS } from "../packaging/helm-chart.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import { operatorsDefinitions } from "./harness/foreign-definitions.ts";

const config = join(import.meta.dirname, "..", "..", "config");
const SETS = Object.entries(VALUE_SETS);

function objectsOf(chosen: Partial<InstallOptions>): readonly InstallObject[] {
  return installObjects({ ...defaultInstallOptions(), ...chosen });
}

function listOf(objects: readonly object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
}

/** As the Deployment's controller would make it. */
function podOf(deployment: InstallObject): Fields {
  const { metadata, spec } = mapAt(mapAt(deployment, "spec"), "template");
  const { name, namespace } = deployment.metadata;
  const place = { ...(isRecord(metadata) ? metadata : {}), name, namespace };
  return { apiVersion: "v1", kind: "Pod", metadata: place, spec };
}

function ofKind(objects: readonly InstallObject[], kind: string): readonly InstallObject[] {
  return objects.filter((object) => object.kind === kind);
}

describe.skipIf(whyNoApiServer())("an installation", () => {
  let api: OwnApiServer;

  beforeAll(async () => {
    api = await useOwnApiServer();
    await api.installDefinitions(operatorsDefinitions());
    const mesh = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", value: 1 };
    await api.apply({ ...mesh, metadata: { name: "mesh" } });
  });

  afterAll(() => api.close());

  const send = (args: readonly string[], objects: readonly object[]) =>
    api.kubectl(["apply", "--server-side", ...args, "-f", "-"], { input: listOf(objects) });

  /** Strictly: an unknown field is refused. Warnings would be on standard error. */
  it.each(SETS)("is taken without a word of warning, with %s", async (_name, chosen) => {
    const objects = objectsOf(chosen);
    // What others of it need: `kubectl` looks kinds up before it sends anything.
    const first = objects.filter(({ kind }) => /^(Namespace|Custom)/.test(kind));
    expect(await send(["--force-conflicts"], first)).toMatchObject({ code: 0, stderr: "" });
    expect(await send(["--force-conflicts"], objects)).toMatchObject({ code: 0, stderr: "" });
  });

  it("changes nothing when it is made again, and keeps what the operator filled in", async () => {
    const objects = objectsOf({});
    expect(await send(["--force-conflicts"], objects)).toMatchObject({ code: 0 });
    const patch = [{ op: "add", path: "/webhooks/0/clientConfig/caBundle", value: "Y2E=" }];
    const filled = await api.kubectl([
      ...["patch", "mutatingwebhookconfiguration", "heddle-injector"],
      ...["--type=json", "--field-manager=heddle-operator", "-p", JSON.stringify(patch)],
    ]);
    expect(filled).toMatchObject({ code: 0 });
    const version = () =>
      api.kubectl(["get", "mutatingwebhookconfiguration", "heddle-injector", "-o", "json"]);
    const before = await version();
    expect(before.stdout).toContain('"caBundle": "Y2E="');
    expect(await send([], objects)).toMatchObject({ code: 0, stderr: "" });
    expect((await version()).stdout).toBe(before.stdout);
  });

  it("comes from kustomize as well", async () => {
    for (const folder of ["default", "overlays/ha", "overlays/cert-manager"]) {
      const args = ["apply", "--server-side", "--dry-run=server", "--force-conflicts", "-k"];
      const applied = await api.kubectl([...args, join(config, folder)]);
      expect(applied).toMatchObject({ code: 0, stderr: "" });
    }
  });

  it("comes from the bundle as well, but for what only its manager knows", async () => {
    const files = globSync("olm/manifests/*.yaml", { cwd: config });
    const objects = files.flatMap((file): readonly unknown[] => {
      const object: unknown = parse(readFileSync(join(config, file), "utf8"));
      if (!isRecord(object) || object.kind !== "ClusterServiceVersion") return [object];
      const strategy = mapAt(mapAt(mapAt(object, "spec"), "install"), "spec");
      const { deployments } = strategy;
      return (Array.isArray(deployments) ? deployments.filter(isRecord) : []).map(
        ({ name, label: labels, spec }) => ({
          ...{ apiVersion: "apps/v1", kind: "Deployment" },
          ...{ metadata: { name, labels, namespace: "heddle" }, spec },
        }),
      );
    });
    expect(objects.length).toBeGreaterThan(files.length);
    const args = ["--dry-run=server", "--force-conflicts", "-n", "heddle"];
    expect(await send(args, objects.filter(isRecord))).toMatchObject({ code: 0, stderr: "" });
  });

  it.each(SETS)("has pods that its namespace admits, with %s", async (_name, chosen) => {
    const objects = objectsOf(chosen);
    expect(await send(["--force-conflicts"], objects)).toMatchObject({ code: 0 });
    for (const deployment of ofKind(objects, "Deployment")) {
      const made = await send(["--dry-run=server"], [podOf(deployment)]);
      expect(made).toMatchObject({ code: 0, stderr: "" });
    }
    const [operator] = ofKind(objects, "Deployment");
    const pod = podOf(operator ?? objects[0]!);
    const open = { ...pod, spec: { ...mapAt(pod, "spec"), hostNetwork: true } };
    expect(await send(["--dry-run=server"], [open])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("violates PodSecurity"),
    });
  });

  it("selects its own pods and no others", async () => {
    const objects = objectsOf({ ha: true, monitoring: true });
    expect(await send(["--force-conflicts"], objects)).toMatchObject({ code: 0 });
    const pods = ofKind(objects, "Deployment").map(podOf);
    const decoys = ["heddle-operator", "heddle-webhook", "heddle"].map((app, index) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `decoy-${index}`,
        namespace: "heddle",
        labels: { "app.kubernetes.io/name": app, app },
      },
      spec: pods[0]?.spec,
    }));
    expect(await send([], [...pods, ...decoys])).toMatchObject({ code: 0 });
    const selected: Record<string, string> = {};
    for (const object of objects) {
      const labels = labelsSelected(object);
      if (labels === undefined) continue;
      const args = ["get", "pods", "--all-namespaces", "-o", "name", "-l", labels];
      const { stdout } = await api.kubectl(args);
      selected[`${object.kind} ${object.metadata.name}`] = stdout.trim().replaceAll("pod/", "");
    }
    const kinds = ["Deployment", "NetworkPolicy", "PodDisruptionBudget", "PodMonitor", "Service"];
    const expected = kinds.flatMap((kind) =>
      [OPERATOR, WEBHOOK].map((name) => [`${kind} ${name}`, name]),
    );
    expect(selected).toEqual(Object.fromEntries(expected));
  });
});

/** Of what selects pods by labels alone, as `kubectl -l` takes it. */
function labelsSelected({ kind, spec }: InstallObject): string | undefined {
  if (!isRecord(spec)) return undefined;
  const selector = mapAt(spec, kind === "NetworkPolicy" ? "podSelector" : "selector");
  const labels = kind === "Service" ? selector : selector.matchLabels;
  if (!isRecord(labels)) return undefined;
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(",");
}
