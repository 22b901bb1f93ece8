/**
 * The namespaces that need to know whom to trust: those whose pods are to be injected, and those in
 * which there are pods with a proxy, whoever asked for it.
 */
import {
  type InjectionPolicy,
  type NamespaceFacts,
  wantsProxies,
} from "../../inject/decide-injection.ts";
import type { PodChange, PodDirectory } from "../sources/kubernetes/pods.ts";

export interface MeshedNamespaces {
  /** Until then, one that is not known to be meshed may well be. */
  readonly synced: boolean;
  has(namespace: string): boolean;
  list(): Iterable<string>;
  /** Calls back with the name of one that has come to be meshed, or is so no longer. */
  subscribe(listener: (namespace: string) => void): () => void;
}

/** As much of the table of namespaces as is needed. */
export interface NamespaceDirectory {
  readonly synced: boolean;
  factsOf(namespace: string): NamespaceFacts | undefined;
  list(): Iterable<NamespaceFacts>;
  subscribe(listener: (namespace: string) => void): () => void;
}

export class WatchedNamespaces implements MeshedNamespaces {
  readonly #namespaces: NamespaceDirectory;
  readonly #pods: PodDirectory;
  readonly #policy: Pick<InjectionPolicy, "meshNamespace" | "injectUnasked">;
  /** How many pods with a proxy there are. */
  readonly #proxies = new Map<string, number>();
  readonly #listeners = new Set<(namespace: string) => void>();

  constructor(
    namespaces: NamespaceDirectory,
    pods: PodDirectory,
    policy: Pick<InjectionPolicy, "meshNamespace" | "injectUnasked">,
  ) {
    this.#namespaces = namespaces;
    this.#pods = pods;
    this.#policy = policy;
    for (const { hasProxy, namespace } of pods.list()) if (hasProxy) this.#count(namespace, 1);
    pods.subscribe((change) => this.#takePod(change));
    namespaces.subscribe((namespace) => this.#tell(namespace));
  }

  get synced(): boolean {
    return this.#namespaces.synced && this.#pods.synced;
  }

  has(namespace: string): boolean {
    const facts = this.#namespaces.factsOf(namespace);
    // In one that goes nothing can be made.
    return (
      facts !== undefined && (wantsProxies(facts, this.#policy) || this.#proxies.has(namespace))
    );
  }

  *list(): Iterable<string> {
    for (const { name } of this.#namespaces.list()) if (this.has(name)) yield name;
  }

  subscribe(listener: (namespace: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #takePod({ before, after }: PodChange): void {
    const had = before?.hasProxy === true;
    const has = after?.hasProxy === true;
    if (had === has) return;
    const namespace = (after ?? before)?.namespace ?? "";
    const count = this.#count(namespace, has ? 1 : -1);
    if (count === (has ? 1 : 0)) this.#tell(namespace);
  }

  #count(namespace: string, by: number): number {
    const count = (this.#proxies.get(namespace) ?? 0) + by;
    if (count > 0) this.#proxies.set(namespace, count);
    else this.#proxies.delete(namespace);
    return count;
  }

  #tell(namespace: string): void {
    for (const listener of this.#listeners) listener(namespace);
  }
}
