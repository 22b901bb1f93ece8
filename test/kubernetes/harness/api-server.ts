/**
 * A real API server for tests, and what they do with it. Most share one and keep to namespaces of
 * their own; whoever runs an operator, installs kinds that others do not expect, or stops the
 * server has one to itself.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { systemTimers } from "../../../base/platform/system.ts";
import { isRecord } from "../../../base/shape.ts";
import { HttpTransport } from "../../../kube/http-transport.ts";
import { KubeClient } from "../../../kube/kube-client.ts";
import { KubeError } from "../../../kube/kube-error.ts";
import { objectPath } from "../../../kube/kube-object.ts";
import { definitions } from "../../../tools/generate/definitions.ts";
import { resourceDefinition } from "../../../tools/generate/resource-definition.ts";
import { until } from "../../harness/until.ts";
import { type ApiServerPlace, ApiServerProcess } from "./api-server-process.ts";
import { type KubectlOptions, type KubectlResult, runKubectl } from "./kubectl.ts";
import "./global-setup.ts";

const CORE = { group: "", version: "v1" } as const;
const ACCOUNTS = { ...CORE, plural: "serviceaccounts" } as const;
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const TOKEN_SECONDS = 3_600;
const MANAGER = "test";

export interface AccountName {
  readonly namespace: string;
  readonly name: string;
}

/** Why tests are skipped: `describe.skipIf(whyNoApiServer())`. Undefined where they run. */
export function whyNoApiServer(): string | undefined {
  const provided = inject("apiServer");
  return "missing" in provided ? provided.missing : undefined;
}

/**
 * The one that all share: `beforeAll(async () => { api = await useApiServer(); })`, and `close` in
 * `afterAll`.
 */
export function useApiServer(): Promise<TestApiServer> {
  return Promise.resolve(new TestApiServer(providedServer().place));
}

/** One that may be stopped, and that `close` stops. `flags` are those of kube-apiserver. */
export async function useOwnApiServer(flags: readonly string[] = []): Promise<OwnApiServer> {
  return new OwnApiServer(await ApiServerProcess.start(providedServer().programs, flags));
}

function providedServer() {
  const provided = inject("apiServer");
  if ("missing" in provided) throw new Error(provided.missing);
  return provided;
}

export class TestApiServer {
  readonly url: string;
  /** Of one who may do everything. */
  readonly adminKubeconfig: string;
  readonly client: KubeClient;
  readonly #place: ApiServerPlace;
  readonly #folder: string;
  readonly #transports: HttpTransport[] = [];
  /** Ends what is under way when the tests are over. */
  readonly #closing = new AbortController();

  constructor(place: ApiServerPlace) {
    this.#place = place;
    this.#folder = mkdtempSync(join(place.folder, "user-"));
    this.url = place.url;
    this.adminKubeconfig = this.#writeKubeconfig("admin", place.adminToken);
    this.client = this.#clientWith(place.adminToken);
  }

  get #kubectlCache(): string {
    return join(this.#folder, "kubectl");
  }

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** The certificate by which the server is known, as PEM. */
  get ca(): string {
    return this.#place.ca;
  }

  /** A fresh one, with the service account that every pod needs; removed with the server. */
  async namespace(metadata: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const name = `test-${randomBytes(4).toString("hex")}`;
    await this.apply({ apiVersion: "v1", kind: "Namespace", metadata: { ...metadata, name } });
    await this.serviceAccount({ namespace: name, name: "default" });
    return name;
  }

  /** What a cluster's controllers make, or kubectl of any object, must be asked for here. */
  async serviceAccount({ namespace, name }: AccountName): Promise<void> {
    const object = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name } };
    const path = objectPath(ACCOUNTS, { namespace, name });
    await this.client.apply(path, object, MANAGER, this.signal);
  }

  /** Runs kubectl as admin, or as whom the admin speaks for. */
  kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<KubectlResult> {
    const { kubectl } = this.#place;
    return runKubectl(kubectl, this.adminKubeconfig, this.#kubectlCache, args, options);
  }

  /** `kubectl apply` of objects of any kind. Throws what it says when it is refused. */
  async apply(...objects: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    const { code, stderr } = await this.kubectl(["apply", "-f", "-"], { input });
    if (code !== 0) throw new Error(stderr);
  }

  /** As kubectl or a pod has it, with a real token and no right but those that were granted. */
  async clientFor(account: AccountName): Promise<KubeClient> {
    return this.#clientWith(await this.tokenFor(account));
  }

  /** The path of a file. */
  async kubeconfigFor(account: AccountName): Promise<string> {
    const token = await this.tokenFor(account);
    return this.#writeKubeconfig(`${account.namespace}-${account.name}`, token);
  }

  /** Makes the account where there is none. `pod` binds the token to one that exists. */
  async tokenFor(
    account: AccountName,
    options: {
      readonly audiences?: readonly string[];
      readonly pod?: { readonly name: string; readonly uid: string };
    } = {},
  ): Promise<string> {
    await this.serviceAccount(account);
    const { audiences, pod } = options;
    const bound = { kind: "Pod", apiVersion: "v1", ...pod };
    const request = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        expirationSeconds: TOKEN_SECONDS,
        ...(audiences === undefined ? {} : { audiences }),
        ...(pod === undefined ? {} : { boundObjectRef: bound }),
      },
    };
    const path = `${objectPath(ACCOUNTS, account)}/token`;
    const answer = await this.client.create(path, request, this.signal);
    const status = isRecord(answer) && isRecord(answer.status) ? answer.status : {};
    return String(status.token);
  }

  /** Our kinds, and waits until they are served. */
  async installCrds(): Promise<void> {
    await this.installDefinitions(definitions().map(resourceDefinition));
  }

  /** CustomResourceDefinitions, and waits until they are served. */
  async installDefinitions(all: readonly object[]): Promise<void> {
    await Promise.all(all.map((one) => this.#installDefinition(one)));
    // kubectl remembers for minutes which kinds there are.
    rmSync(this.#kubectlCache, { recursive: true, force: true });
  }

  async #installDefinition(definition: object): Promise<void> {
    const metadata = "metadata" in definition ? definition.metadata : {};
    const name = isRecord(metadata) ? String(metadata.name) : "";
    const path = `${DEFINITIONS}/${name}`;
    await this.client.apply(path, definition, MANAGER, this.signal);
    let conditions = "";
    await until(
      () => `${name} is served: ${conditions}`,
      async () => {
        const object = await this.client.get(path, this.signal);
        const status = isRecord(object) && isRecord(object.status) ? object.status : {};
        conditions = JSON.stringify(status.conditions);
        return isServed(status.conditions) && (await this.#isListed(object));
      },
    );
  }

  /** It is established a moment before its paths are there. */
  async #isListed(definition: unknown): Promise<boolean> {
    const spec = isRecord(definition) && isRecord(definition.spec) ? definition.spec : {};
    const names = isRecord(spec.names) ? spec.names : {};
    const versions: unknown = spec.versions;
    const served = Array.isArray(versions) ? versions.filter(isRecord) : [];
    try {
      for (const { name } of served) {
        const path = `/apis/${String(spec.group)}/${String(name)}`;
        const known = JSON.stringify(await this.client.get(path, this.signal));
        if (!known.includes(`"name":"${String(names.plural)}"`)) return false;
        await this.client.get(`${path}/${String(names.plural)}`, this.signal);
      }
      return true;
    } catch (error) {
      // Not there yet, or it is only being read from the store.
      if (error instanceof KubeError && [404, 429, 503].includes(error.status)) return false;
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    for (const transport of this.#transports) transport.close();
    rmSync(this.#folder, { recursive: true, force: true });
    return Promise.resolve();
  }

  /** The way to the server with a token, the admin's if absent. */
  transport(token: string = this.#place.adminToken): HttpTransport {
    const { url: server, ca } = this.#place;
    const headers = { authorization: `Bearer ${token}` };
    const credentials = { server, tls: { ca, verify: true }, headers };
    const readCredentials = () => Promise.resolve(credentials);
    const transport = new HttpTransport({ readCredentials, userAgent: "heddle-test" });
    this.#transports.push(transport);
    return transport;
  }

  #clientWith(token: string): KubeClient {
    return new KubeClient({ transport: this.transport(token), timers: systemTimers });
  }

  #writeKubeconfig(name: string, token: string): string {
    const { url: server, ca } = this.#place;
    const authority = Buffer.from(ca).toString("base64");
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      clusters: [{ name: "test", cluster: { server, "certificate-authority-data": authority } }],
      users: [{ name, user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: name } }],
    };
    const file = join(this.#folder, `${name}.kubeconfig`);
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }
}

export class OwnApiServer extends TestApiServer {
  readonly #running: ApiServerProcess;

  constructor(running: ApiServerProcess) {
    super(running.place);
    this.#running = running;
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** Gone without a word; its objects stay. */
  async kill(): Promise<void> {
    await this.#running.kill();
  }

  async startAgain(): Promise<void> {
    await this.#running.startAgain();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.startAgain();
  }

  /**
   * Makes etcd forget every version but the present one. A server that runs goes on from what it
   * remembers itself: one that is started afterwards refuses older versions.
   */
  async compact(): Promise<void> {
    const { etcdUrl } = this.#running.place;
    const status = await askEtcd(`${etcdUrl}/v3/maintenance/status`, {});
    const header = isRecord(status) && isRecord(status.header) ? status.header : {};
    const revision = String(header.revision);
    await askEtcd(`${etcdUrl}/v3/kv/compaction`, { revision, physical: true });
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#running.stop();
  }
}

async function askEtcd(url: string, body: object): Promise<unknown> {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${await answer.text()}`);
  return await answer.json();
}

function isServed(conditions: unknown): boolean {
  if (!Array.isArray(conditions)) return false;
  return conditions.some(
    (one: unknown) => isRecord(one) && one.type === "Established" && one.status === "True",
  );
}
