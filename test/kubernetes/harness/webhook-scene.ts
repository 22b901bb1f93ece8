/**
 * `heddle webhook` in the admission chain of a real API server that is the test's own, since what
 * it is asked about concerns the whole server. It runs with the rights of an installation and no
 * others, and is asked at its address on this machine instead of through a Service.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecord } from "../../../base/shape.ts";
import { INJECTOR, VALIDATOR, WEBHOOK } from "../../../inject/names.ts";
import { type Fields, mapAt, mapsAt } from "../../../inject/pod.ts";
import { rbacObjects } from "../../../install/rbac.ts";
import { type WebhookPlace, webhookObjects } from "../../../install/webhooks.ts";
import { KubeError } from "../../../kube/kube-error.ts";
import { TestAuthority } from "../../harness/test-certificates.ts";
import { until } from "../../harness/until.ts";
import { WebhookProcess } from "../../harness/webhook-process.ts";
import { type OwnApiServer, useOwnApiServer } from "./api-server.ts";

export const MESH_NAMESPACE = "heddle";
/** API servers wait no longer. */
const SECONDS_MAX = 30;

export class WebhookScene {
  readonly api: OwnApiServer;
  readonly authority: TestAuthority;
  readonly #folder = mkdtempSync(join(tmpdir(), "heddle-admission-"));
  #webhook: WebhookProcess | undefined;
  #port = 0;

  private constructor(api: OwnApiServer, authority: TestAuthority) {
    this.api = api;
    this.authority = authority;
  }

  /** `flags` are those of kube-apiserver. */
  static async create(flags: readonly string[] = []): Promise<WebhookScene> {
    const api = await useOwnApiServer(flags);
    const scene = new WebhookScene(api, await TestAuthority.create());
    const metadata = { name: MESH_NAMESPACE };
    await api.apply({ apiVersion: "v1", kind: "Namespace", metadata });
    await api.installCrds();
    await api.apply(...rbacObjects({ namespace: MESH_NAMESPACE, ownCertificates: true }));
    await scene.putCertificate(scene.authority);
    return scene;
  }

  get webhook(): WebhookProcess {
    if (this.#webhook === undefined) throw new Error("the webhook does not run");
    return this.#webhook;
  }

  /** Of which the webhook knows: it would ask, and on a busy machine in vain. */
  async namespace(metadata: Fields = {}): Promise<string> {
    const name = await this.api.namespace(metadata);
    await until(`the webhook knows the namespace ${name}`, async () => {
      const list = await this.api.client.get("/api/v1/namespaces", this.api.signal);
      const known = 'heddle_webhook_kube_objects{resource="namespaces"}';
      const count = isRecord(list) ? mapsAt(list, "items").length : 0;
      return (await this.webhook.metric(known)) === count;
    });
    return name;
  }

  async putCertificate(authority: TestAuthority): Promise<void> {
    const leaf = await authority.issue("heddle-webhook.heddle.svc");
    await this.api.apply({
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { name: "heddle-webhook-tls", namespace: MESH_NAMESPACE },
      data: authority.secretData(leaf),
    });
  }

  /** At the port that it had before, if it had one. */
  async startWebhook(...args: readonly string[]): Promise<void> {
    const account = { namespace: MESH_NAMESPACE, name: WEBHOOK };
    const kubeconfig = await this.api.kubeconfigFor(account);
    const all = ["--kubeconfig", kubeconfig, ...args];
    const webhook = await WebhookProcess.start(this.#folder, all, this.#port);
    this.#webhook = webhook;
    this.#port = webhook.port;
    const isReady = async () => (await webhook.admin("/ready")).status === 200;
    await until(() => `it is ready: ${webhook.io.stderr.text}`, isReady);
  }

  async stopWebhook(): Promise<void> {
    await this.#webhook?.stop();
    this.#webhook = undefined;
  }

  /** Resolves when the API server asks: it hears of its configurations a moment later. */
  async register(
    failurePolicy: WebhookPlace["failurePolicy"] = "Ignore",
    authorities: readonly TestAuthority[] = [this.authority],
  ): Promise<void> {
    const pem = authorities.map(({ certificatePem }) => certificatePem).join("");
    const caBundle = Buffer.from(pem).toString("base64");
    const place = { namespace: MESH_NAMESPACE, failurePolicy, caBundle };
    await this.api.apply(...webhookObjects(place).map((one) => this.#atOwnPort(one)));
  }

  async unregister(): Promise<void> {
    for (const [kind, name] of [
      ["mutatingwebhookconfigurations", INJECTOR],
      ["validatingwebhookconfigurations", VALIDATOR],
    ]) {
      await this.api.kubectl(["delete", "--ignore-not-found", `${kind}/${name}`]);
    }
  }

  /** Waits until a pod of the namespace comes out as it should: with a proxy, or without. */
  async untilInjects(namespace: string, wanted = true): Promise<void> {
    const pod = { metadata: { name: "probe" }, spec: { containers: [{ name: "a", image: "a" }] } };
    await until(`pods of ${namespace} are ${wanted ? "" : "not "}injected`, async () => {
      const made = await this.create(namespace, pod).catch(() => ({}));
      return isRecord(made) && "spec" in made && isProxied(made) === wanted;
    });
  }

  /** A pod; a rehearsal unless said otherwise. Rejects with what the API server says. */
  async create(namespace: string, pod: Fields, isDryRun = true): Promise<Fields> {
    const object = { apiVersion: "v1", kind: "Pod", ...pod };
    const query = isDryRun ? "?dryRun=All" : "";
    const path = `/api/v1/namespaces/${namespace}/pods${query}`;
    const made = await this.api.client.create(path, object, this.api.signal);
    if (!isRecord(made)) throw new Error("the API server made nothing");
    return made;
  }

  async count(outcome: string, reason = ""): Promise<number> {
    const labels = `outcome="${outcome}",reason="${reason}"`;
    return await this.webhook.metric(`heddle_webhook_injections_total{${labels}}`);
  }

  /** Of pods, whatever became of them. */
  async asked(): Promise<number> {
    return await this.webhook.metric("heddle_webhook_injection_duration_seconds_count");
  }

  async close(): Promise<void> {
    await this.#webhook?.stop();
    await this.api.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #atOwnPort(configuration: Fields): Fields {
    const webhooks = mapsAt(configuration, "webhooks").map((entry) => {
      const { service: _service, ...client } = mapAt(entry, "clientConfig");
      const { path } = mapAt(mapAt(entry, "clientConfig"), "service");
      const url = `https://127.0.0.1:${this.#port}${String(path)}`;
      // On a busy machine an answer may take long, and that is not what is tested.
      return { ...entry, timeoutSeconds: SECONDS_MAX, clientConfig: { ...client, url } };
    });
    return { ...configuration, webhooks };
  }
}

export function isProxied(pod: Fields): boolean {
  return mapsAt(mapAt(pod, "spec"), "initContainers").some(({ name }) => name === "heddle-proxy");
}

/** What the API server said when it refused; the text of whatever else went wrong. */
export function refusalOf(cause: unknown): string {
  return cause instanceof KubeError || cause instanceof Error ? cause.message : String(cause);
}
