/**
 * What the operator knows of a cluster beside the objects of the mesh: its pods, nodes and
 * namespaces. One informer each, which all who ask share.
 */
import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import type { Timers } from "../../../base/timers.ts";
import { Informer, type InformerObserver } from "../../../kube/informer.ts";
import type { KubeClient } from "../../../kube/kube-client.ts";
import type { KubeResource } from "../../../kube/kube-object.ts";
import type { Selection } from "../../../kube/selection.ts";
import type { Problem } from "../../../mesh/problem.ts";
import { kindProblem } from "./kind-problem.ts";
import { NAMESPACE_SELECTION, NAMESPACES, NamespaceTable } from "./namespaces.ts";
import { NODE_SELECTION, NODES, NodeTable } from "./nodes.ts";
import { POD_SELECTION, PODS, PodTable } from "./pods.ts";

export interface ClusterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: InformerObserver;
}

export class Cluster {
  readonly pods: PodTable;
  readonly nodes: NodeTable;
  readonly namespaces: NamespaceTable;
  readonly informers: readonly Informer[];
  readonly #options: ClusterOptions;
  readonly #listeners = new Set<() => void>();
  #begun: (() => void) | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const pods = this.#createInformer(PODS, POD_SELECTION);
    const nodes = this.#createInformer(NODES, NODE_SELECTION);
    const namespaces = this.#createInformer(NAMESPACES, NAMESPACE_SELECTION);
    this.pods = new PodTable(pods);
    this.nodes = new NodeTable(nodes);
    this.namespaces = new NamespaceTable(namespaces);
    this.informers = [pods, nodes, namespaces];
  }

  /**
   * Whether all that may be read has been. What may not be read is not waited for: it is known as
   * it is without it, and told.
   */
  get synced(): boolean {
    return this.informers.every((one) => one.isSettled || one.state === "forbidden");
  }

  problems(): readonly Problem[] {
    return this.informers.flatMap((informer) => kindProblem({ informer, isRequired: true }) ?? []);
  }

  /** Calls back when `synced` or `problems` may have changed. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when every kind was read, or was found not to be readable now. */
  async start(): Promise<void> {
    const begun = new Promise<void>((resolve) => {
      this.#begun = resolve;
    });
    for (const informer of this.informers) informer.start();
    await begun;
  }

  async stop(): Promise<void> {
    this.#listeners.clear();
    await Promise.all(this.informers.map((informer) => informer.stop()));
    this.#begun?.();
  }

  #createInformer(resource: KubeResource, selection: Selection): Informer {
    const versions = [resource] as const;
    const stateChanged = (): void => this.#stateChanged();
    return new Informer({ ...this.#options, versions, selection, isBuiltIn: true, stateChanged });
  }

  #stateChanged(): void {
    if (this.informers.every(({ state }) => state !== "starting")) this.#begun?.();
    for (const listener of this.#listeners) listener();
  }
}
