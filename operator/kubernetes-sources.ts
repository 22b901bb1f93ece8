/**
 * What the operator reads of a cluster, joined: the objects of the mesh, the endpoints that follow
 * from them, and beside these the pods, nodes and namespaces.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import { VERSION } from "../base/version.ts";
import { parseTextMap } from "../crds/parse-text-map.ts";
import { DEFAULT_NAMESPACE } from "../crds/read-object.ts";
import type { InjectionPolicy } from "../inject/decide-injection.ts";
import { defaultInjectOptions } from "../inject/inject-options.ts";
import { InjectionSettings } from "../inject/injection-settings.ts";
import type { Informer, InformerObserver } from "../kube/informer.ts";
import { createInformerObserver, observeInformers } from "../kube/informer-metrics.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import { WatchedFiles } from "../kube/watched-files.ts";
import type { ResourceStore } from "./index/resource-store.ts";
import { InjectionBook } from "./injection/injection-book.ts";
import { observeInjection } from "./injection/observe-injection.ts";
import type { EndpointSourceHealth } from "./sources/endpoint-source.ts";
import { Cluster } from "./sources/kubernetes/cluster.ts";
import { ClusterFacts } from "./sources/kubernetes/cluster-facts.ts";
import { KubernetesSource } from "./sources/kubernetes/kubernetes-source.ts";
import { objectId } from "./sources/object-source.ts";
import { SliceEndpointSource } from "./sources/slices/slice-source.ts";
import { RevisionStore } from "./state/revision-store.ts";

export interface KubernetesSourcesOptions {
  readonly client: KubeClient;
  readonly clusterDomain: string;
  readonly policy: InjectionPolicy;
  /** Over the policy; null for none. */
  readonly defaultsFile: string | null;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

export interface KubernetesSources {
  readonly objects: KubernetesSource;
  readonly slices: SliceEndpointSource;
  readonly cluster: Cluster;
  readonly facts: ClusterFacts;
  readonly kept: RevisionStore;
  readonly injection: InjectionBook;
  /** Undefined where there is no defaults file. */
  readonly defaults: WatchedFiles | undefined;
  /** Of all informers; others join them. */
  readonly informers: Informer[];
  readonly observer: InformerObserver;
}

export function createKubernetesSources(options: KubernetesSourcesOptions): KubernetesSources {
  const { metrics, log, clusterDomain, policy, defaultsFile, ...capabilities } = options;
  const { clock, timers } = capabilities;
  const observer = createInformerObserver(metrics, log, "operator");
  const readOptions = { clusterDomain, defaultNamespace: DEFAULT_NAMESPACE };
  const kept = new RevisionStore({
    ...{ ...capabilities, observer },
    report: (revision, why) => log.warn("a kept version cannot be used", { revision, why }),
  });
  const cluster = new Cluster({ ...capabilities, observer });
  const objects = new KubernetesSource({
    ...{ ...capabilities, readOptions, observer, kept, beside: cluster },
  });
  const informers = [...objects.informers, ...cluster.informers];
  observeInformers(metrics, informers, clock, "operator");
  const facts = new ClusterFacts({
    ...{ cluster, timers, trustDomain: clusterDomain },
    serviceUid: (namespace, name) =>
      objects.uidOf(objectId({ group: "", kind: "Service", namespace, name })),
  });
  const origin = () => endpointHealth(objects, cluster);
  const slices = new SliceEndpointSource({ objects, clock, origin, facts });
  const injection = new InjectionBook({ cluster, policy, version: VERSION, clock, timers });
  observeInjection(metrics, injection);
  const defaults = followDefaults(injection, options);
  return { objects, slices, cluster, facts, kept, injection, defaults, informers, observer };
}

/** A file with a mistake keeps the webhook from starting, but not those who serve proxies. */
function followDefaults(
  injection: InjectionBook,
  { policy, defaultsFile, timers, log }: KubernetesSourcesOptions,
): WatchedFiles | undefined {
  if (defaultsFile === null) return undefined;
  const settings = new InjectionSettings(policy, {
    taken: () => injection.policyChanged(settings.policy),
    refused: (problem) =>
      log.error("the defaults file has a mistake, and what held before it stays", { problem }),
  });
  return new WatchedFiles({
    ...{ timers, paths: [defaultsFile] },
    changed: ([text = ""]) => settings.take(parseTextMap(text)),
    failed: (problem) => settings.refuse(problem),
  });
}

/** As the webhook decides whose flags say nothing else. */
export function defaultInjectionPolicy(meshNamespace: string): InjectionPolicy {
  const defaults = defaultInjectOptions("", "");
  return { meshNamespace, injectUnasked: false, acceptLinkerd: false, defaults };
}

/** Endpoints are whole when it is known who stands behind them. */
function endpointHealth(objects: KubernetesSource, cluster: Cluster): EndpointSourceHealth {
  const { health } = objects;
  if (cluster.synced || !health.synced) return health;
  return { ...health, synced: false, reachable: false, message: "not all pods have been read yet" };
}

/** Tells proxies anew where they are when that turns out to be another place. */
export function followPods({ cluster }: KubernetesSources, store: ResourceStore): void {
  cluster.pods.subscribe(({ after }) => {
    if (after !== undefined) store.workloadChanged(after.namespace, after.uid);
  });
  cluster.nodes.subscribe((node) => {
    for (const pod of cluster.pods.list()) {
      if (pod.node === node) store.workloadChanged(pod.namespace, pod.uid);
    }
  });
}
