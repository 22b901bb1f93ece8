/** The namespaces of a cluster: what each says of injection, for all its pods. */
import { LINKERD_PREFIX } from "../../../inject/annotation-row.ts";
import type { NamespaceFacts } from "../../../inject/decide-injection.ts";
import { PREFIX } from "../../../inject/names.ts";
import { type Fields, mapAt, type Texts } from "../../../inject/pod.ts";
import type { Informer } from "../../../kube/informer.ts";
import type { KubeObject, KubeResource } from "../../../kube/kube-object.ts";
import type { ObjectChange } from "../../../kube/object-store.ts";
import type { Selection } from "../../../kube/selection.ts";
import { reduceMetadata } from "./reduce-pod.ts";

export const NAMESPACES: KubeResource = {
  ...{ group: "", version: "v1", kind: "Namespace", plural: "namespaces" },
};

const POD_SECURITY = "pod-security.kubernetes.io/enforce";

export const NAMESPACE_SELECTION: Selection = {
  metadataOnly: true,
  reduce: reduceMetadata(
    (key) => key.startsWith(PREFIX) || key.startsWith(LINKERD_PREFIX) || key === POD_SECURITY,
  ),
};

export class NamespaceTable {
  readonly #informer: Informer;
  readonly #facts = new Map<string, NamespaceFacts>();
  readonly #listeners = new Set<(namespace: string) => void>();

  constructor(informer: Informer) {
    this.#informer = informer;
    informer.subscribe((change) => this.#take(change));
  }

  get synced(): boolean {
    return this.#informer.isSettled;
  }

  /** Undefined when it does not exist, or is about to go: nothing can be made there any more. */
  factsOf(namespace: string): NamespaceFacts | undefined {
    return this.#facts.get(namespace);
  }

  list(): Iterable<NamespaceFacts> {
    return this.#facts.values();
  }

  /** Calls back with the name of each namespace that says something else now, or came or went. */
  subscribe(listener: (namespace: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take({ before, after }: ObjectChange): void {
    const name = (after ?? before)?.name ?? "";
    const old = this.#facts.get(name);
    const fresh = after === undefined ? undefined : readNamespace(after);
    if (saysTheSame(old, fresh)) return;
    if (fresh === undefined) this.#facts.delete(name);
    else this.#facts.set(name, fresh);
    for (const listener of this.#listeners) listener(name);
  }
}

function readNamespace({ name, raw }: KubeObject): NamespaceFacts | undefined {
  const metadata = mapAt(raw, "metadata");
  if (metadata.deletionTimestamp !== undefined) return undefined;
  return {
    name,
    labels: textsAt(metadata, "labels"),
    annotations: textsAt(metadata, "annotations"),
  };
}

function textsAt(fields: Fields, key: string): Texts {
  const texts = Object.entries(mapAt(fields, key)).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return Object.fromEntries(texts);
}

function saysTheSame(a: NamespaceFacts | undefined, b: NamespaceFacts | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
