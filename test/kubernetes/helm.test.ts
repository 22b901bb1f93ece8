/** The chart's life in a cluster: installed, upgraded and uninstalled by Helm itself. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions, type InstallOptions } from "../../install/options.ts";
import { CHART, findHelm } from "../packaging/helm-chart.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";

const why = whyNoApiServer();
const helm = why === undefined ? await findHelm() : undefined;
const MADE_BY_CHART = ["--selector", "heddle.mesh/part-of=heddle"];

/** Whatever has no namespace, and what the programs' namespace holds. */
const KINDS = [
  ...["clusterroles", "clusterrolebindings", "roles", "rolebindings", "serviceaccounts"],
  ...["services", "deployments", "configmaps", "networkpolicies", "poddisruptionbudgets"],
  ...["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
  "customresourcedefinitions",
].join(",");

describe.skipIf(helm === undefined)("the chart in a cluster", () => {
  let api: OwnApiServer;
  let home = "";

  beforeAll(async () => {
    api = await useOwnApiServer();
    home = mkdtempSync(join(tmpdir(), "heddle-helm-"));
  });

  afterAll(async () => {
    await api.close();
    rmSync(home, { recursive: true, force: true });
  });

  function run(...args: readonly string[]) {
    return new Promise<{ readonly code: number | null; readonly output: string }>((resolve) => {
      const folders = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
      const env = { ...process.env, ...folders, KUBECONFIG: api.adminKubeconfig, HOME: home };
      const child = spawn(helm ?? "", [...args, "--namespace", "heddle"], { env });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += String(chunk);
        });
      }
      child.once("close", (code) => resolve({ code, output }));
    });
  }

  async function there(): Promise<readonly string[]> {
    const args = ["get", KINDS, "-n", "heddle", ...MADE_BY_CHART, "-o", "json"];
    const list: unknown = JSON.parse((await api.kubectl(args)).stdout);
    const items = isRecord(list) && Array.isArray(list.items) ? list.items.filter(isRecord) : [];
    return items.map(({ kind, metadata }) => nameOf(kind, metadata)).sort();
  }

  function wanted(chosen: Partial<InstallOptions>): readonly string[] {
    const objects = installObjects({ ...defaultInstallOptions(), ...chosen });
    return objects
      .filter(({ kind }) => kind !== "Namespace")
      .map(({ kind, metadata }) => nameOf(kind, metadata))
      .sort();
  }

  it("is installed", async () => {
    const done = await run("install", "heddle", CHART, "--create-namespace");
    expect(done).toMatchObject({ code: 0, output: expect.stringContaining("is installed in the") });
    expect(done.output).not.toContain("Warning");
    expect(await there()).toEqual(wanted({}));
  });

  it("is upgraded, and keeps what the operator filled in", async () => {
    const patch = [{ op: "add", path: "/webhooks/0/clientConfig/caBundle", value: "Y2E=" }];
    const configuration = ["mutatingwebhookconfiguration", "heddle-injector"];
    const args = ["--type=json", "--field-manager=heddle-operator", "-p", JSON.stringify(patch)];
    expect(await api.kubectl(["patch", ...configuration, ...args])).toMatchObject({ code: 0 });
    const done = await run("upgrade", "heddle", CHART, "--set", "ha=true");
    expect(done).toMatchObject({ code: 0 });
    expect(await there()).toEqual(wanted({ ha: true }));
    const filled = await api.kubectl(["get", ...configuration, "-o", "json"]);
    expect(filled.stdout).toContain('"caBundle": "Y2E="');
    expect(filled.stdout).toContain('"failurePolicy": "Fail"');
  });

  it("goes back, and takes its budgets along", async () => {
    expect(await run("rollback", "heddle", "1")).toMatchObject({ code: 0 });
    expect(await there()).toEqual(wanted({}));
  });

  it("leaves nothing but the definitions, and with them everybody's objects", async () => {
    const split = {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "TrafficSplit",
      metadata: { name: "web", namespace: "heddle" },
      spec: { service: "web", backends: [{ service: "web-v1", weight: 1 }] },
    };
    await api.apply(split);
    expect(await run("uninstall", "heddle")).toMatchObject({ code: 0 });
    const left = await there();
    expect(left.filter((name) => !name.startsWith("CustomResourceDefinition"))).toEqual([]);
    expect(left).toHaveLength(3);
    const kept = await api.kubectl(["get", "trafficsplits.heddle.mesh", "-n", "heddle"]);
    expect(kept.stdout).toContain("web");
  });
});

function nameOf(kind: unknown, metadata: unknown): string {
  return `${String(kind)} ${String(isRecord(metadata) ? metadata.name : "")}`;
}
