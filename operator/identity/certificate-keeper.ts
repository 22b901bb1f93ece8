/**
 * Brings the authority's certificates to where they are needed in a cluster: to each namespace of
 * the mesh, so that its proxies know the operator; to the webhook, and to the API server, so that
 * it knows the webhook. Only the replica that leads does so. Level-based: each turn compares what
 * is there with what should be, so that whatever somebody else has changed is mended.
 */
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { isRecord } from "../../base/shape.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import { CA_CONFIG_MAP, PART_OF, PART_OF_VALUE } from "../../inject/names.ts";
import type { Informer } from "../../kube/informer.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import {
  collectionPath,
  type KubeObject,
  type KubeResource,
  objectPath,
} from "../../kube/kube-object.ts";
import type { Leadership } from "../../kube/lease.ts";
import { type WorkObserver, WorkQueue } from "../../kube/work-queue.ts";
import { FIELD_MANAGER } from "../status/status-writer.ts";
import type { Authority } from "./authority.ts";
import {
  INJECTOR_CONFIGURATION,
  planCaBundle,
  VALIDATOR_CONFIGURATION,
  type WebhookConfiguration,
} from "./ca-bundles.ts";
import type { MeshedNamespaces } from "./meshed-namespaces.ts";
import { AUTHORITY_TIMES } from "./roots.ts";
import { SECRETS } from "./secrets.ts";
import { planWebhookSecret, webhookNotAfterWallMs } from "./webhook-secret.ts";

export const CONFIG_MAPS: KubeResource = {
  ...{ group: "", version: "v1", kind: "ConfigMap", plural: "configmaps" },
};

const BUNDLE_KEY = "ca.crt";
const WRITES_AT_ONCE = 8;

/** One informer for each thing that is kept. All are started and stopped here. */
export interface KeptInformers {
  /** Of the one name, in all namespaces. */
  readonly configMaps: Informer;
  /** Null where others see to the webhook's certificate. */
  readonly webhook: {
    readonly secret: Informer;
    readonly injector: Informer;
    readonly validator: Informer;
  } | null;
}

export interface KeeperObserver {
  written(what: Kept): void;
  failed(what: Kept, error: unknown): void;
}

/** What is kept, as a label and as the beginning of a key of the queue. */
export type Kept = "config-map" | "webhook-secret" | "ca-bundle";

export interface CertificateKeeperOptions {
  readonly client: KubeClient;
  readonly authority: Authority;
  readonly leadership: Leadership;
  readonly namespaces: MeshedNamespaces;
  readonly informers: KeptInformers;
  /** The mesh's own, which is always told. */
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: KeeperObserver;
  readonly queueObserver: WorkObserver;
}

export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();
  readonly #unsubscribe: (() => void)[] = [];
  /** By the name of the namespace. */
  readonly #configMaps = new Map<string, KubeObject>();
  #secret: KubeObject | undefined;
  readonly #configurations = new Map<WebhookConfiguration, KubeObject>();
  #timer: TimerHandle | null = null;

  constructor(options: CertificateKeeperOptions) {
    const { authority, namespaces, informers, clock, timers, random } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      work: (key) => this.#work(key),
      concurrency: WRITES_AT_ONCE,
      ...{ clock, timers, random },
      failed: (key, cause) => options.observer.failed(keptOf(key), cause),
      observer: options.queueObserver,
    });
    this.#unsubscribe.push(
      authority.subscribe(() => this.#addAll()),
      namespaces.subscribe((namespace) => this.#add(configMapKey(namespace))),
    );
    this.#follow(informers);
  }

  /** Of what the webhook shows, since the epoch; undefined where that is not known. */
  get webhookNotAfterWallMs(): number | undefined {
    return webhookNotAfterWallMs(this.#secret);
  }

  start(): void {
    for (const informer of this.#informers()) informer.start();
    this.#look();
  }

  /** Resolves when nothing is written any more, so that another one may. */
  async resign(): Promise<void> {
    this.#stopping.abort();
    await this.#queue.stop();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    if (this.#timer !== null) this.#options.timers.clear(this.#timer);
    await this.resign();
    await Promise.all([...this.#informers()].map((informer) => informer.stop()));
  }

  leadershipChanged(): void {
    this.#addAll();
  }

  /** An informer has read what there is, or the tables of the cluster have. */
  settled(): void {
    this.#addAll();
  }

  #follow({ configMaps, webhook }: KeptInformers): void {
    configMaps.subscribe(({ before, after }) => {
      const namespace = (after ?? before)?.namespace ?? "";
      if (after === undefined) this.#configMaps.delete(namespace);
      else this.#configMaps.set(namespace, after);
      this.#add(configMapKey(namespace));
    });
    if (webhook === null) return;
    webhook.secret.subscribe(({ after }) => {
      this.#secret = after;
      this.#add(SECRET_KEY);
    });
    for (const [key, configuration] of CONFIGURATIONS) {
      const informer =
        configuration === INJECTOR_CONFIGURATION ? webhook.injector : webhook.validator;
      informer.subscribe(({ after }) => {
        if (after === undefined) this.#configurations.delete(configuration);
        else this.#configurations.set(configuration, after);
        this.#add(key);
      });
    }
  }

  *#informers(): Iterable<Informer> {
    const { configMaps, webhook } = this.#options.informers;
    yield configMaps;
    if (webhook !== null) yield* Object.values(webhook);
  }

  /** Time passes as well. */
  #look(): void {
    this.#addAll();
    this.#timer = this.#options.timers.set(AUTHORITY_TIMES.lookMs, () => this.#look());
  }

  #addAll(): void {
    const { namespaces, namespace, informers } = this.#options;
    this.#add(configMapKey(namespace));
    for (const one of namespaces.list()) this.#add(configMapKey(one));
    for (const one of this.#configMaps.keys()) this.#add(configMapKey(one));
    if (informers.webhook === null) return;
    this.#add(SECRET_KEY);
    for (const key of CONFIGURATIONS.keys()) this.#add(key);
  }

  #add(key: string): void {
    if (this.#options.leadership.holds()) this.#queue.add(key);
  }

  async #work(key: string): Promise<void> {
    const { authority, leadership } = this.#options;
    if (!leadership.holds() || authority.bundle === "") return;
    const configuration = CONFIGURATIONS.get(key);
    if (key === SECRET_KEY) await this.#keepSecret();
    else if (configuration !== undefined) await this.#keepBundle(configuration);
    else await this.#keepConfigMap(key.slice(CONFIG_MAP_PREFIX.length));
  }

  async #keepConfigMap(namespace: string): Promise<void> {
    const { authority, namespaces, informers } = this.#options;
    if (!informers.configMaps.isSettled || !namespaces.synced) return;
    const isWanted = namespace === this.#options.namespace || namespaces.has(namespace);
    const found = this.#configMaps.get(namespace);
    if (!isWanted) {
      if (found !== undefined && isOurs(found)) await this.#remove(found);
      return;
    }
    const data = found?.raw.data;
    if (isRecord(data) && data[BUNDLE_KEY] === authority.bundle) return;
    const labels = { [PART_OF]: PART_OF_VALUE };
    await this.#apply("config-map", CONFIG_MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: CA_CONFIG_MAP, namespace, labels },
      data: { [BUNDLE_KEY]: authority.bundle },
    });
  }

  async #keepSecret(): Promise<void> {
    const { authority, namespace, clusterDomain, informers, clock, leadership } = this.#options;
    if (informers.webhook?.secret.isSettled !== true) return;
    const place = { namespace, clusterDomain };
    const plan = await planWebhookSecret(this.#secret, authority, place, clock.wallMs());
    // Making a key takes a moment.
    if (plan !== null && leadership.holds()) await this.#apply("webhook-secret", SECRETS, plan);
  }

  async #keepBundle(configuration: WebhookConfiguration): Promise<void> {
    const found = this.#configurations.get(configuration);
    // It is not installed, or not read yet.
    if (found === undefined) return;
    const plan = planCaBundle(configuration, found, this.#options.authority.bundle);
    if (plan !== null) await this.#apply("ca-bundle", configuration.resource, plan);
  }

  async #apply(what: Kept, resource: KubeResource, object: Applied): Promise<void> {
    const { client, observer } = this.#options;
    const { name, namespace = "" } = object.metadata;
    const path =
      namespace === ""
        ? `${collectionPath(resource)}/${name}`
        : objectPath(resource, { namespace, name });
    await client.apply(path, object, FIELD_MANAGER, this.#stopping.signal);
    observer.written(what);
  }

  async #remove({ namespace, name, uid }: KubeObject): Promise<void> {
    const { client } = this.#options;
    const path = objectPath(CONFIG_MAPS, { namespace, name });
    try {
      await client.delete(path, this.#stopping.signal, { preconditions: { uid } });
    } catch (error) {
      // With the whole namespace, or by hand.
      if (!(error instanceof KubeError) || error.status !== 404) throw error;
    }
  }
}

interface Applied {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: object;
  };
  readonly [field: string]: unknown;
}

const CONFIG_MAP_PREFIX = "config-map/";
const SECRET_KEY = "webhook-secret";
const CONFIGURATIONS: ReadonlyMap<string, WebhookConfiguration> = new Map([
  ["ca-bundle/injector", INJECTOR_CONFIGURATION],
  ["ca-bundle/validator", VALIDATOR_CONFIGURATION],
]);

function configMapKey(namespace: string): string {
  return `${CONFIG_MAP_PREFIX}${namespace}`;
}

function keptOf(key: string): Kept {
  if (key === SECRET_KEY) return "webhook-secret";
  return key.startsWith(CONFIG_MAP_PREFIX) ? "config-map" : "ca-bundle";
}

function isOurs({ raw }: KubeObject): boolean {
  const labels = isRecord(raw.metadata) ? raw.metadata.labels : undefined;
  return isRecord(labels) && labels[PART_OF] === PART_OF_VALUE;
}
