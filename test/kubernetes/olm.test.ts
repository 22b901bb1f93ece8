/**
 * The bundle in a cluster, as the Operator Lifecycle Manager puts it there: it makes accounts and
 * rights from what the bundle says and from nothing else, gives the webhook a certificate of its
 * own, and registers it. The programs then run under exactly these rights.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isRecord } from "../../base/shape.ts";
import { OPERATOR, WEBHOOK } from "../../inject/names.ts";
import { type Fields, mapAt, mapsAt } from "../../inject/pod.ts";
import { TestAuthority } from "../harness/test-certificates.ts";
import { SLOW_POLL_MS, until } from "../harness/until.ts";
import { WebhookProcess } from "../harness/webhook-process.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import { AuditLog } from "./harness/audit-log.ts";
import { OperatorProcess } from "./harness/operator-process.ts";
import { isProxied, refusalOf } from "./harness/webhook-scene.ts";

const MANIFESTS = join(import.meta.dirname, "..", "..", "config", "olm", "manifests");
/** Wherever an administrator subscribes to it. */
const NAMESPACE = "operators";
const GROUP_VERSION = "heddle.mesh/v1alpha1";
const RBAC = "rbac.authorization.k8s.io";
/** API servers wait no longer. */
const SECONDS_MAX = 30;

function readBundle(): readonly Fields[] {
  return readdirSync(MANIFESTS).map((name) => {
    const object: unknown = parse(readFileSync(join(MANIFESTS, name), "utf8"));
    if (!isRecord(object)) throw new Error(`${name} is no object`);
    return object;
  });
}

const bundle = readBundle();
const version = bundle.find(({ kind }) => kind === "ClusterServiceVersion") ?? {};
const strategy = mapAt(mapAt(mapAt(version, "spec"), "install"), "spec");

/** What stands in the bundle by itself, in the namespace if its kind has any. */
function looseObjects(): readonly Fields[] {
  const own = ["ClusterServiceVersion", "CustomResourceDefinition"];
  return bundle
    .filter(({ kind }) => !own.includes(String(kind)))
    .map((object) => {
      if (object.kind === "ClusterRole") return object;
      return { ...object, metadata: { ...mapAt(object, "metadata"), namespace: NAMESPACE } };
    });
}

/** A role and its binding for each row of `permissions` or `clusterPermissions`. */
function rightsOf(key: "permissions" | "clusterPermissions"): readonly Fields[] {
  const [kind, place] =
    key === "permissions" ? ["Role", { namespace: NAMESPACE }] : ["ClusterRole", {}];
  return mapsAt(strategy, key).flatMap(({ serviceAccountName, rules }) => {
    const metadata = { name: `olm-${String(serviceAccountName)}`, ...place };
    const subject = { kind: "ServiceAccount", name: serviceAccountName, namespace: NAMESPACE };
    const roleRef = { apiGroup: RBAC, kind, name: metadata.name };
    return [
      { apiVersion: `${RBAC}/v1`, kind, metadata, rules },
      { apiVersion: `${RBAC}/v1`, kind: `${kind}Binding`, metadata, subjects: [subject], roleRef },
    ];
  });
}

function deployments(): readonly Fields[] {
  return mapsAt(strategy, "deployments").map(({ name, label, spec }) => ({
    ...{ apiVersion: "apps/v1", kind: "Deployment", spec },
    metadata: { name, labels: label, namespace: NAMESPACE },
  }));
}

/** How the program is started, but for addresses, which are the test's. */
function argsOf(name: string): readonly string[] {
  const found = deployments().find((one) => mapAt(one, "metadata").name === name) ?? {};
  const pod = mapAt(mapAt(mapAt(found, "spec"), "template"), "spec");
  const args = mapsAt(pod, "containers")[0]?.args;
  const all = Array.isArray(args) ? args.map(String).slice(1) : [];
  const ours = /^--(kubernetes|control|operator-admin|address|webhook-admin|namespace|defaults)\b/;
  return all.filter((arg) => !ours.test(arg) && !arg.startsWith("--tls-folder="));
}

/** What OLM makes of `webhookdefinitions`, but for the address. */
function webhookConfigurations(port: number, caBundle: string): readonly Fields[] {
  return mapsAt(mapAt(version, "spec"), "webhookdefinitions").map((definition) => {
    const { type, generateName, deploymentName, containerPort, targetPort, ...entry } = definition;
    const { webhookPath, ...rest } = entry;
    expect(deploymentName).toBe(WEBHOOK);
    expect([containerPort, targetPort]).toEqual([443, 4193]);
    const url = `https://127.0.0.1:${port}${String(webhookPath)}`;
    const clientConfig = { url, caBundle };
    return {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: String(type).replace("AdmissionWebhook", "WebhookConfiguration"),
      metadata: { name: generateName },
      webhooks: [{ ...rest, name: generateName, clientConfig, timeoutSeconds: SECONDS_MAX }],
    };
  });
}

describe.skipIf(whyNoApiServer())("the bundle in a cluster", () => {
  const audit = new AuditLog();
  const folder = mkdtempSync(join(tmpdir(), "heddle-olm-"));
  let api: OwnApiServer;
  let operator: OperatorProcess | undefined;
  let webhook: WebhookProcess | undefined;

  beforeAll(async () => {
    api = await useOwnApiServer(audit.flags);
    await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  });

  afterAll(async () => {
    await webhook?.stop();
    await operator?.stop();
    await api.close();
    audit.remove();
    rmSync(folder, { recursive: true });
  });

  it("is taken as it is by the API server", async () => {
    await api.installDefinitions(bundle.filter(({ kind }) => kind === "CustomResourceDefinition"));
    await api.apply(
      ...looseObjects(),
      ...rightsOf("clusterPermissions"),
      ...rightsOf("permissions"),
    );
    await api.apply(...deployments());
    const accounts = deployments().map((one) => {
      const pod = mapAt(mapAt(mapAt(one, "spec"), "template"), "spec");
      return pod.serviceAccountName;
    });
    expect(accounts).toEqual([OPERATOR, WEBHOOK]);
    const shown = await api.kubectl(["get", "deployments", "-n", NAMESPACE, "-o", "name"]);
    expect(shown.stdout.trim().split("\n")).toHaveLength(2);
  });

  it("lets an operator lead, judge and be trusted", async () => {
    operator = await OperatorProcess.start({
      kubeconfig: await api.kubeconfigFor({ namespace: NAMESPACE, name: OPERATOR }),
      namespace: NAMESPACE,
      flags: ["--control-tls", "--hand-over", "0s", ...argsOf(OPERATOR)],
    });
    const running = operator;
    const what = () => `it is ready: ${running.log}`;
    await until(what, () => running.isReady(), SLOW_POLL_MS);
    const shop = await api.namespace({ annotations: { "heddle.mesh/inject": "enabled" } });
    const metadata = { namespace: shop, name: "web" };
    const spec = { service: "web", backends: [{ service: "web-v1", weight: 1 }] };
    await api.apply({ apiVersion: GROUP_VERSION, kind: "TrafficSplit", metadata, spec });
    const condition = '{.status.conditions[?(@.type=="Accepted")].status}';
    const look = ["get", "trafficsplits.heddle.mesh", "web", "-n", shop];
    await until(
      () => `the split is accepted: ${running.log}`,
      async () => (await api.kubectl([...look, `-o=jsonpath=${condition}`])).stdout === "True",
      SLOW_POLL_MS,
    );
    const trust = ["get", "configmap", "heddle-ca", "-n", shop, "-o=jsonpath={.data.ca\\.crt}"];
    await until(
      () => `proxies of ${shop} are told whom to trust: ${running.log}`,
      async () => (await api.kubectl(trust)).stdout.includes("BEGIN CERTIFICATE"),
      SLOW_POLL_MS,
    );
    // The webhook's certificate and its configurations are OLM's.
    const secret = await api.kubectl(["get", "secret", "heddle-webhook-tls", "-n", NAMESPACE]);
    expect(secret.code).not.toBe(0);
  });

  it("lets a webhook inject and validate, with the certificate that OLM brings", async () => {
    const authority = await TestAuthority.create();
    authority.write(folder, await authority.issue(`${WEBHOOK}-service.${NAMESPACE}.svc`));
    const kubeconfig = await api.kubeconfigFor({ namespace: NAMESPACE, name: WEBHOOK });
    const place = ["--kubeconfig", kubeconfig, "--namespace", NAMESPACE, "--tls-folder", folder];
    webhook = await WebhookProcess.start(folder, [...argsOf(WEBHOOK), ...place]);
    const running = webhook;
    const isReady = async () => (await running.admin("/ready")).status === 200;
    await until(() => `it is ready: ${running.io.stderr.text}`, isReady, SLOW_POLL_MS);
    const ca = Buffer.from(authority.certificatePem).toString("base64");
    await api.apply(...webhookConfigurations(running.port, ca));
    const shop = await api.namespace({ annotations: { "heddle.mesh/inject": "enabled" } });
    const path = `/api/v1/namespaces/${shop}/pods?dryRun=All`;
    const spec = { containers: [{ name: "web", image: "web:1" }] };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec };
    await until(
      () => `a pod is injected: ${running.io.stderr.text}`,
      async () => {
        const made = await api.client.create(path, pod, api.signal);
        return isRecord(made) && isProxied(made);
      },
      SLOW_POLL_MS,
    );
    const misspelt = { service: "web", backends: [{ service: "web-v1", weight: 1 }], machtes: [] };
    const metadata = { namespace: shop, name: "wrong" };
    const split = { apiVersion: GROUP_VERSION, kind: "TrafficSplit", metadata, spec: misspelt };
    const splits = `/apis/${GROUP_VERSION}/namespaces/${shop}/trafficsplits?dryRun=All`;
    let said = "";
    await until(
      () => `the misspelt key is named: ${said}`,
      async () => {
        const made = api.client.create(splits, split, api.signal);
        said = await made.then(() => "it was made", refusalOf);
        return /denied the request.*machtes/s.test(said);
      },
      SLOW_POLL_MS,
    );
  });

  it("asks for nothing that it has no right to", () => {
    for (const program of [OPERATOR, WEBHOOK]) {
      const requests = audit.requestsOf(`system:serviceaccount:${NAMESPACE}:${program}`);
      expect(requests.length).toBeGreaterThan(5);
      expect(requests.filter(({ code }) => code === 403)).toEqual([]);
    }
  });
});
