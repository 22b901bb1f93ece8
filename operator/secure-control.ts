/**
 * What a control server for other machines needs, joined, in a cluster: the authority and what is
 * issued from it, those who bring its certificates to others, and the API server's word on tokens.
 */
import type { Clock } from "../base/clock.ts";
import { parseIp } from "../base/ip-address.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import type { InjectionPolicy } from "../inject/decide-injection.ts";
import {
  CA_CONFIG_MAP,
  CA_SECRET,
  OPERATOR,
  TOKEN_AUDIENCE,
  WEBHOOK_TLS_SECRET,
} from "../inject/names.ts";
import { Informer, type InformerObserver } from "../kube/informer.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import type { KubeResource } from "../kube/kube-object.ts";
import type { Leadership } from "../kube/lease.ts";
import type { Selection } from "../kube/selection.ts";
import type { WorkObservers } from "../kube/work-metrics.ts";
import { Authority } from "./identity/authority.ts";
import { INJECTOR_CONFIGURATION, VALIDATOR_CONFIGURATION } from "./identity/ca-bundles.ts";
import type { LeafNames } from "./identity/certificate.ts";
import {
  CertificateKeeper,
  CONFIG_MAPS,
  type KeptInformers,
} from "./identity/certificate-keeper.ts";
import {
  createKeeperObserver,
  createTokenObserver,
  observeCertificates,
} from "./identity/identity-metrics.ts";
import { WatchedNamespaces } from "./identity/meshed-namespaces.ts";
import { reviewToken } from "./identity/review-token.ts";
import { SecretStorage } from "./identity/secret-storage.ts";
import { SECRETS } from "./identity/secrets.ts";
import { ServingCertificate } from "./identity/serving-certificate.ts";
import { TokenAuthenticator } from "./identity/token-authenticator.ts";
import type { ProxyIdentity } from "./publish/peer.ts";
import type { ControlSecurity } from "./publish/server.ts";
import type { SecuredControl } from "./secured-control.ts";
import type { Cluster } from "./sources/kubernetes/cluster.ts";

export interface SecureControlOptions {
  readonly client: KubeClient;
  readonly cluster: Cluster;
  readonly observer: InformerObserver;
  readonly leadership: Leadership;
  /** Where the operators are. */
  readonly namespace: string;
  readonly clusterDomain: string;
  /** Of this replica; empty where it is not known. */
  readonly host: string;
  /** Whether the webhook's certificate is the operator's affair. */
  readonly ownsWebhook: boolean;
  /** Which pods are to have a proxy; changes of the defaults are no matter here. */
  readonly policy: Pick<InjectionPolicy, "meshNamespace" | "injectUnasked">;
  readonly metrics: Metrics;
  readonly queues: WorkObservers;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

export class SecureControl implements SecuredControl {
  readonly security: ControlSecurity;
  readonly informers: Informer[] = [];
  readonly #authority: Authority;
  readonly #serving: ServingCertificate;
  readonly #keeper: CertificateKeeper;
  readonly #authenticator: TokenAuthenticator;
  readonly #goneListeners = new Set<(uid: string) => void>();
  readonly #unsubscribe: (() => void)[];

  constructor(options: SecureControlOptions) {
    const { client, cluster, namespace, clusterDomain, metrics, log } = options;
    const { clock, timers, random, leadership, observer } = options;
    const capabilities = { clock, timers, random };
    const secretSettled = (): void => storage.settled();
    const keeperSettled = (): void => this.#keeper.settled();
    const follow = (one: Followed, stateChanged: () => void): Informer => {
      const made = createInformer({ client, ...capabilities, observer, stateChanged }, one);
      this.informers.push(made);
      return made;
    };
    const storage = new SecretStorage({
      ...{ client, namespace },
      informer: follow({ resource: SECRETS, namespace, name: CA_SECRET }, secretSettled),
    });
    this.#authority = new Authority({ storage, leadership, clock, timers, log });
    this.#serving = new ServingCertificate({
      ...{ authority: this.#authority, clock, timers, log },
      names: controlNames(options),
    });
    const kept = keptInformers(options, (one) => follow(one, keeperSettled));
    this.#keeper = new CertificateKeeper({
      ...{ client, authority: this.#authority, leadership, informers: kept, ...capabilities },
      ...{ namespace, clusterDomain, observer: createKeeperObserver(metrics, log) },
      queueObserver: options.queues("certificates"),
      namespaces: new WatchedNamespaces(cluster.namespaces, cluster.pods, options.policy),
    });
    this.#authenticator = new TokenAuthenticator({
      review: (token, signal) => reviewToken(client, token, TOKEN_AUDIENCE, signal),
      isOperator: isOperatorOf(namespace),
      ...{ clock, timers, observer: createTokenObserver(metrics) },
    });
    this.security = { certificate: this.#serving, authenticator: this.#authenticator };
    this.#unsubscribe = [
      cluster.subscribe(keeperSettled),
      cluster.pods.subscribe(({ before, after }) => {
        if (before !== undefined && before.uid !== after?.uid) this.#podGone(before.uid);
      }),
    ];
    observeCertificates(metrics, () => ({
      root: this.#authority.issuer?.notAfterWallMs,
      control: this.#serving.leaf?.notAfterWallMs,
      webhook: this.#keeper.webhookNotAfterWallMs,
    }));
  }

  get problem(): string {
    if (this.#serving.leaf !== null) return "";
    const { problem } = this.#authority;
    return problem === "" ? "there is no certificate for proxies yet" : problem;
  }

  onPodGone(listener: (uid: string) => void): void {
    this.#goneListeners.add(listener);
  }

  leadershipChanged(): void {
    this.#authority.leadershipChanged();
    this.#keeper.leadershipChanged();
  }

  async start(): Promise<void> {
    await this.#authority.start();
    this.#serving.start();
    this.#keeper.start();
  }

  resign(): Promise<void> {
    return this.#keeper.resign();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#serving.stop();
    await this.#keeper.stop();
    await this.#authority.stop();
  }

  #podGone(uid: string): void {
    this.#authenticator.podGone(uid);
    for (const listener of this.#goneListeners) listener(uid);
  }
}

/** By which proxies and other replicas reach this one. */
export function controlNames({
  namespace,
  clusterDomain,
  host,
}: Pick<SecureControlOptions, "namespace" | "clusterDomain" | "host">): LeafNames {
  const name = `${OPERATOR}.${namespace}.svc`;
  const isAddress = parseIp(host) !== undefined;
  return {
    dnsNames: [name, `${name}.${clusterDomain}`, "localhost"],
    ipAddresses: [...new Set(["127.0.0.1", "::1", ...(isAddress ? [host] : [])])],
  };
}

function isOperatorOf(namespace: string): (identity: ProxyIdentity) => boolean {
  return (identity) => identity.namespace === namespace && identity.serviceAccount === OPERATOR;
}

interface Followed {
  readonly resource: KubeResource;
  readonly namespace?: string;
  readonly name: string;
}

interface InformerParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: InformerObserver;
  readonly stateChanged: () => void;
}

function createInformer(parts: InformerParts, { resource, namespace, name }: Followed): Informer {
  const selection: Selection = { name, ...(namespace === undefined ? {} : { namespace }) };
  return new Informer({
    ...parts,
    versions: [resource],
    selection,
    isBuiltIn: true,
    name: `${resource.plural}/${name}`,
  });
}

function keptInformers(
  { namespace, ownsWebhook }: SecureControlOptions,
  follow: (one: Followed) => Informer,
): KeptInformers {
  const configMaps = follow({ resource: CONFIG_MAPS, name: CA_CONFIG_MAP });
  if (!ownsWebhook) return { configMaps, webhook: null };
  const webhook = {
    secret: follow({ resource: SECRETS, namespace, name: WEBHOOK_TLS_SECRET }),
    injector: follow(INJECTOR_CONFIGURATION),
    validator: follow(VALIDATOR_CONFIGURATION),
  };
  return { configMaps, webhook };
}
