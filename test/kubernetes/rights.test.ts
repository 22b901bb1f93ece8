/**
 * Operators and webhook under exactly the rights that an installation gives them: nothing that they
 * ask is refused, and there is no right that they do not use, by the API server's own audit log.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { isRecord } from "../../base/shape.ts";
import { OPERATOR, WEBHOOK } from "../../inject/names.ts";
import {
  operatorRights,
  type Rights,
  type Rule,
  rbacObjects,
  webhookRights,
} from "../../install/rbac.ts";
import { webhookObjects } from "../../install/webhooks.ts";
import { CONTROL_SUBPROTOCOL } from "../../mesh/control-messages.ts";
import { SLOW_POLL_MS, until } from "../harness/until.ts";
import { WebhookProcess } from "../harness/webhook-process.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import { type AuditedRequest, AuditLog } from "./harness/audit-log.ts";
import { foreignDefinitions } from "./harness/foreign-definitions.ts";
import { OperatorProcess } from "./harness/operator-process.ts";

const INJECTED = { "heddle.mesh/inject": "enabled" };
const OWN = { apiVersion: "heddle.mesh/v1alpha1" };

describe.skipIf(whyNoApiServer())("rights", () => {
  const audit = new AuditLog();
  const folder = mkdtempSync(join(tmpdir(), "heddle-rights-"));
  let api: OwnApiServer;
  let mesh: string;
  let shop: string;

  beforeAll(async () => {
    api = await useOwnApiServer(audit.flags);
    await api.installCrds();
    await api.installDefinitions(foreignDefinitions());
    mesh = await api.namespace();
    shop = await api.namespace({ labels: INJECTED });
    const place = { namespace: mesh, ownCertificates: true };
    await api.apply(...rbacObjects(place));
    await api.apply(
      ...webhookObjects({ namespace: mesh, failurePolicy: "Ignore", caBundle: null }),
    );
  });

  afterAll(async () => {
    await api.close();
    audit.remove();
    rmSync(folder, { recursive: true });
  });

  async function startOperator(flags: readonly string[]): Promise<OperatorProcess> {
    const operator = await OperatorProcess.start({
      kubeconfig: await api.kubeconfigFor({ namespace: mesh, name: OPERATOR }),
      namespace: mesh,
      flags: ["--control-tls", "--hand-over", "0s", ...flags],
    });
    await until(
      () => `it is ready: ${operator.log}`,
      () => operator.isReady(),
      SLOW_POLL_MS,
    );
    return operator;
  }

  /** As the kubelet gives it to the pod of an operator. */
  async function tokenOfReplica(): Promise<string> {
    const path = `/api/v1/namespaces/${mesh}/pods`;
    const spec = { serviceAccountName: OPERATOR, containers: [{ name: "a", image: "a" }] };
    const metadata = { name: "operator-2", namespace: mesh };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec };
    const made = await api.client.create(path, pod, api.signal);
    const uid = isRecord(made) && isRecord(made.metadata) ? String(made.metadata.uid) : "";
    const account = { namespace: mesh, name: OPERATOR };
    return await api.tokenFor(account, {
      audiences: ["heddle"],
      pod: { name: metadata.name, uid },
    });
  }

  const usersOf = (program: string) => audit.requestsOf(`system:serviceaccount:${mesh}:${program}`);

  /** Waits until everything has been used, and says of what is refused. */
  async function untilAllIsUsed(rights: Rights, log: () => string): Promise<void> {
    const refused = () => usersOf(rights.program).filter(({ code }) => code === 403);
    const left = () => unused(rights, usersOf(rights.program), mesh);
    await until(
      () => `all rights are used, but not ${left().join("; ")}${log()}`,
      () => left().length === 0 || refused().length > 0,
      SLOW_POLL_MS,
    );
    expect(refused()).toEqual([]);
  }

  const objects = (percent: number): readonly object[] => [
    { ...OWN, kind: "ServiceProfile", metadata: { namespace: shop, name: "web" }, spec: {} },
    {
      ...{ ...OWN, kind: "RetryPolicy", metadata: { namespace: shop, name: "web" } },
      spec: { targetRef: { kind: "Service", name: "web" }, maxRetries: 1 },
    },
    {
      ...{ ...OWN, kind: "TrafficSplit", metadata: { namespace: shop, name: "web" } },
      spec: { service: "web", backends: [{ service: "nowhere", weight: percent }] },
    },
  ];

  it("of the operator are what two of them need, and no more", async () => {
    const first = await startOperator([]);
    const token = await tokenOfReplica();
    const get = ["get", "configmap", "heddle-ca", "-n", shop, "-o=jsonpath={.data.ca\\.crt}"];
    let ca = "";
    await until("it is known whom to trust", async () => {
      ca = (await api.kubectl(get)).stdout;
      return ca !== "";
    });
    writeFileSync(join(folder, "token"), token);
    writeFileSync(join(folder, "ca.crt"), ca);
    const credentials = [
      ...["--replica-token", join(folder, "token"), "--replica-ca", join(folder, "ca.crt")],
    ];
    const second = await startOperator(credentials);
    const log = () => `${first.log}\n--\n${second.log}`;
    try {
      await api.apply(...objects(1));
      await first.untilLogged(/nowhere/);
      await api.apply(...objects(2));
      await connectWith(first.control, ca, "no.such.token");
      // A namespace that leaves the mesh loses what it was told.
      await api.kubectl(["label", "namespace", shop, "heddle.mesh/inject-"]);
      const rights = operatorRights({ namespace: mesh, ownCertificates: true });
      await untilAllIsUsed(rights, log);
      await until(
        () => `the leader is told by a replica with a token: ${log()}`,
        async () => (await first.text("/metrics")).includes("heddle_operator_replicas 1\n"),
      );
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
    expect(usersOf(OPERATOR).filter(({ code }) => code === 403)).toEqual([]);
  });

  /** By the name in its certificate, which the operator has made. */
  async function ask({ port }: WebhookProcess, asked: object, ca: string): Promise<void> {
    const place = { host: "127.0.0.1", port, path: "/inject", agent: false, method: "POST" };
    const headers = { "content-type": "application/json" };
    const servername = `${WEBHOOK}.${mesh}.svc`;
    await new Promise<void>((resolve, reject) => {
      const sent = request({ ...place, ca, servername, headers }, (response) => {
        response.resume();
        response.on("end", resolve);
      });
      sent.on("error", reject);
      sent.end(JSON.stringify(asked));
    });
  }

  it("of the webhook are what it needs, and no more", async () => {
    const kubeconfig = await api.kubeconfigFor({ namespace: mesh, name: WEBHOOK });
    const args = ["--kubeconfig", kubeconfig, "--namespace", mesh];
    const webhook = await WebhookProcess.start(folder, args);
    try {
      const isReady = async () => (await webhook.admin("/ready")).status === 200;
      await until(() => `it is ready: ${webhook.io.stderr.text}`, isReady, SLOW_POLL_MS);
      const secret = ["get", "secret", "heddle-webhook-tls", "-n", mesh];
      const { stdout } = await api.kubectl([...secret, "-o=jsonpath={.data.ca\\.crt}"]);
      const ca = Buffer.from(stdout, "base64").toString();
      const askedFor = await api.namespace({ labels: INJECTED });
      for (const [kind, apiVersion] of [
        ["ReplicaSet", "apps/v1"],
        ["Job", "batch/v1"],
      ]) {
        const owner = { kind, apiVersion, name: "web-1", uid: `of-${kind}`, controller: true };
        const metadata = { generateName: "web-", ownerReferences: [owner] };
        for (const spec of [PLAIN, HOST_NETWORK]) {
          await ask(webhook, review(askedFor, { metadata, spec }), ca);
        }
      }
      const metadata = { name: "web", annotations: INJECTED };
      await ask(webhook, review("not-there", { metadata, spec: HOST_NETWORK }), ca);
      await untilAllIsUsed(webhookRights(), () => webhook.io.stderr.text);
    } finally {
      await webhook.stop();
    }
  });
});

const PLAIN = { containers: [{ name: "web", image: "web:1" }] };
/** No proxy can be in such a pod, which is told at its owner. */
const HOST_NETWORK = { ...PLAIN, hostNetwork: true };

function review(namespace: string, pod: object): object {
  const kind = { group: "", version: "v1", kind: "Pod" };
  const resource = { group: "", version: "v1", resource: "pods" };
  const about = { uid: "1", kind, resource, operation: "CREATE", namespace, dryRun: false };
  const object = { apiVersion: "v1", kind: "Pod", ...pod };
  return {
    ...{ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" },
    request: { ...about, name: "", userInfo: {}, object, oldObject: null, options: {} },
  };
}

function connectWith(control: string, ca: string, token: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`wss://${control}/control`, CONTROL_SUBPROTOCOL, {
      ca,
      headers: { authorization: `Bearer ${token}` },
    });
    socket.on("error", () => resolve());
    socket.on("open", () => socket.terminate());
    socket.on("close", () => resolve());
  });
}

/** What of the rights no request has needed. */
function unused(
  rights: Rights,
  requests: readonly AuditedRequest[],
  ownNamespace: string,
): readonly string[] {
  const own = requests.filter(({ namespace }) => namespace === ownNamespace);
  return [
    ...rights.everywhere.flatMap((rule) => unusedOf(rule, requests)),
    ...rights.inOwnNamespace.flatMap((rule) => unusedOf(rule, own)),
  ];
}

function unusedOf(rule: Rule, requests: readonly AuditedRequest[]): readonly string[] {
  const { apiGroup, resources, names, verbs } = rule;
  const asked = requests.filter(
    (one) =>
      one.apiGroup === apiGroup &&
      resources.includes(one.resource) &&
      (names === undefined || names.includes(nameOf(one))),
  );
  const missing = (what: string) => `${what} ${apiGroup}/${resources.join()} ${names ?? ""}`;
  return [
    ...verbs.filter((verb) => !asked.some((one) => isUse(one, verb))).map(missing),
    ...resources
      .filter((resource) => !asked.some((one) => one.resource === resource))
      .map((resource) => missing(`anything of ${resource}:`)),
    ...(names ?? [])
      .filter((name) => !asked.some((one) => nameOf(one) === name))
      .map((name) => missing(`anything of ${name}:`)),
  ];
}

/** An apply that makes its object needs both rights; a stream of what exists stands for a list. */
function isUse({ verb, code }: AuditedRequest, right: string): boolean {
  if (verb === right) return true;
  if (right === "create") return verb === "patch" && code === 201;
  return right === "list" && verb === "watch";
}

/** Lists and watches name theirs in a selector. */
function nameOf({ name, path }: AuditedRequest): string {
  if (name !== "") return name;
  const selector = new URL(path, "http://localhost").searchParams.get("fieldSelector") ?? "";
  return /(?:^|,)metadata\.name=([^,]+)/.exec(selector)?.[1] ?? "";
}
