/** The nodes of a cluster: of each the zone that it stands in. */
import { mapAt } from "../../../inject/pod.ts";
import type { Informer } from "../../../kube/informer.ts";
import type { KubeObject, KubeResource } from "../../../kube/kube-object.ts";
import type { ObjectChange } from "../../../kube/object-store.ts";
import type { Selection } from "../../../kube/selection.ts";
import { reduceMetadata } from "./reduce-pod.ts";

export const NODES: KubeResource = { group: "", version: "v1", kind: "Node", plural: "nodes" };

const ZONE = "topology.kubernetes.io/zone";

/** Nodes tell of their health every few seconds, but never in their metadata. */
export const NODE_SELECTION: Selection = {
  metadataOnly: true,
  reduce: reduceMetadata((key) => key === ZONE),
};

export class NodeTable {
  readonly #informer: Informer;
  readonly #zones = new Map<string, string>();
  readonly #listeners = new Set<(node: string) => void>();

  constructor(informer: Informer) {
    this.#informer = informer;
    informer.subscribe((change) => this.#take(change));
  }

  get synced(): boolean {
    return this.#informer.isSettled;
  }

  /** Empty when it is not known, or the cluster has no zones. */
  zoneOf(node: string): string {
    return this.#zones.get(node) ?? "";
  }

  /** Calls back with the name of each node whose zone is another one now. */
  subscribe(listener: (node: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take({ before, after }: ObjectChange): void {
    const name = (after ?? before)?.name ?? "";
    const zone = after === undefined ? "" : zoneLabel(after);
    if (zone === this.zoneOf(name)) return;
    if (zone === "") this.#zones.delete(name);
    else this.#zones.set(name, zone);
    for (const listener of this.#listeners) listener(name);
  }
}

function zoneLabel({ raw }: KubeObject): string {
  const zone = mapAt(mapAt(raw, "metadata"), "labels")[ZONE];
  return typeof zone === "string" ? zone : "";
}
