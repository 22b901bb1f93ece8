/**
 * The pods of a cluster, as far as the operator asks about them: who stands behind an endpoint, who
 * a proxy is, and whether a pod has the proxy that it should have. Pods that have ended are not
 * among them.
 */

import { PROXIED, PROXY_CONTAINER, PROXY_VERSION } from "../../../inject/names.ts";
import { findOwner, type Owner } from "../../../inject/owner.ts";
import {
  allContainers,
  annotationsOf,
  labelsOf,
  mapAt,
  mapsAt,
  type Pod,
  parsePod,
} from "../../../inject/pod.ts";
import type { Informer } from "../../../kube/informer.ts";
import type { KubeObject, KubeResource } from "../../../kube/kube-object.ts";
import type { ObjectChange } from "../../../kube/object-store.ts";
import type { Selection } from "../../../kube/selection.ts";
import { reducePod } from "./reduce-pod.ts";

export const PODS: KubeResource = { group: "", version: "v1", kind: "Pod", plural: "pods" };

/** One that has ended serves nobody, and Jobs leave thousands of them. */
export const POD_SELECTION: Selection = {
  fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
  reduce: reducePod,
};

export interface PodFacts {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty until it has been given a node. */
  readonly node: string;
  readonly serviceAccount: string;
  /** In the order of its families; none until it has some. */
  readonly addresses: readonly string[];
  /** Null when nothing owns it, or it cannot be told. */
  readonly owner: Owner | null;
  /** It has been told to go. */
  readonly isLeaving: boolean;
  /** Whether it has a container of the proxy. */
  readonly hasProxy: boolean;
  /** A proxy of ours stands in front of all its ports. */
  readonly isProxied: boolean;
  /** Of Heddle, whose containers it has; empty when it has none. */
  readonly proxyVersion: string;
  /** Since the epoch. */
  readonly createdAtWallMs: number;
  /** As far as injection looks into it. */
  readonly pod: Pod;
}

/** One of the two may be undefined: it is new, or it is gone. */
export interface PodChange {
  readonly before: PodFacts | undefined;
  readonly after: PodFacts | undefined;
}

/** What others than the sources ask of the pods. */
export interface PodDirectory {
  /** Until then a pod that is not known may well be there. */
  readonly synced: boolean;
  podOf(uid: string): PodFacts | undefined;
  podNamed(namespace: string, name: string): PodFacts | undefined;
  list(): Iterable<PodFacts>;
  /** Calls back after each change. */
  subscribe(listener: (change: PodChange) => void): () => void;
}

export class PodTable implements PodDirectory {
  readonly #informer: Informer;
  readonly #byUid = new Map<string, PodFacts>();
  /** By `namespace/name`. */
  readonly #byKey = new Map<string, PodFacts>();
  readonly #listeners = new Set<(change: PodChange) => void>();

  constructor(informer: Informer) {
    this.#informer = informer;
    informer.subscribe((change) => this.#take(change));
  }

  get synced(): boolean {
    return this.#informer.isSettled;
  }

  podOf(uid: string): PodFacts | undefined {
    return this.#byUid.get(uid);
  }

  podNamed(namespace: string, name: string): PodFacts | undefined {
    return this.#byKey.get(`${namespace}/${name}`);
  }

  list(): Iterable<PodFacts> {
    return this.#byKey.values();
  }

  subscribe(listener: (change: PodChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take({ before, after }: ObjectChange): void {
    const key = (after ?? before)?.key ?? "";
    const old = this.#byKey.get(key);
    const fresh = after === undefined ? undefined : readPod(after);
    if (old !== undefined) this.#byUid.delete(old.uid);
    if (fresh === undefined) this.#byKey.delete(key);
    else {
      this.#byKey.set(key, fresh);
      this.#byUid.set(fresh.uid, fresh);
    }
    if (old === undefined && fresh === undefined) return;
    for (const listener of this.#listeners) listener({ before: old, after: fresh });
  }
}

/** Undefined for what is no pod. */
export function readPod(object: KubeObject): PodFacts | undefined {
  const { uid, namespace, name, createdAtWallMs } = object;
  const parsed = parsePod(object.raw);
  if ("problem" in parsed) return undefined;
  const { pod } = parsed;
  const { nodeName, serviceAccountName } = pod.spec;
  const hasProxy = allContainers(pod).some((one) => one.name === PROXY_CONTAINER);
  return {
    ...{ uid, namespace, name, createdAtWallMs, pod, hasProxy },
    node: text(nodeName),
    serviceAccount: text(serviceAccountName) || "default",
    addresses: mapsAt(mapAt(pod, "status"), "podIPs").flatMap(({ ip }) => text(ip) || []),
    owner: findOwner(pod),
    isLeaving: pod.metadata?.deletionTimestamp !== undefined,
    isProxied: hasProxy && labelsOf(pod)[PROXIED] === "transparent",
    proxyVersion: annotationsOf(pod)[PROXY_VERSION] ?? "",
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
