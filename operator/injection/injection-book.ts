/**
 * Which pods of a cluster ask for a proxy and run without it, and whose proxy is of another version
 * than the operator. The webhook decides when a pod is made, and may be away just then, or was not
 * asked for yet: a pod that was missed says so nowhere, and its traffic is simply not in the mesh.
 */
import type { Clock } from "../../base/clock.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import { decideInjection, type InjectionPolicy } from "../../inject/decide-injection.ts";
import type { SkipReason } from "../../inject/skip-reason.ts";
import type { Cluster } from "../sources/kubernetes/cluster.ts";
import type { PodFacts } from "../sources/kubernetes/pods.ts";

export const INJECTION_LIMITS = {
  /** How long a first change waits for others. */
  gatherMs: 100,
  /** How long a turn of the loop looks at pods: one annotation can concern thousands. */
  turnMs: 3,
} as const;

/** `missed`: nothing stood in the way, but the pod was made without its proxy. */
export type UninjectedReason = SkipReason | "missed";

export interface InjectionFinding {
  readonly problem: "uninjected" | "outdated";
  readonly pod: PodFacts;
  /** Empty for `outdated`. */
  readonly reason: UninjectedReason | "";
  /** What exactly, for people. */
  readonly detail: string;
  /** What to do about it; may be empty. */
  readonly mend: string;
}

export interface InjectionBookOptions {
  readonly cluster: Pick<Cluster, "pods" | "namespaces" | "synced" | "subscribe">;
  /** Until it is told another. */
  readonly policy: InjectionPolicy;
  /** Of the operator. */
  readonly version: string;
  readonly clock: Clock;
  readonly timers: Timers;
}

const MISSED = {
  reason: "missed",
  detail: "it was made before that was asked for, or while the webhook could not be reached",
  mend: "restart it; where it stays so, `heddle check` tells what the webhook lacks",
} as const;

export class InjectionBook {
  readonly #options: InjectionBookOptions;
  /** By `namespace/name`. */
  readonly #findings = new Map<string, InjectionFinding>();
  readonly #dirty = new Set<string>();
  readonly #listeners = new Set<(changed: readonly string[]) => void>();
  #unsubscribe: (() => void)[] = [];
  #timer: TimerHandle | undefined;
  #policy: InjectionPolicy;

  constructor(options: InjectionBookOptions) {
    this.#options = options;
    this.#policy = options.policy;
  }

  start(): void {
    const { cluster } = this.#options;
    this.#unsubscribe = [
      cluster.pods.subscribe(({ before, after }) => {
        for (const pod of [before, after]) if (pod !== undefined) this.#mark(pod);
      }),
      cluster.namespaces.subscribe((namespace) => {
        for (const pod of cluster.pods.list()) if (pod.namespace === namespace) this.#mark(pod);
      }),
      // It may be synced now.
      cluster.subscribe(() => this.#schedule(INJECTION_LIMITS.gatherMs)),
    ];
    for (const pod of cluster.pods.list()) this.#mark(pod);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  policyChanged(policy: InjectionPolicy): void {
    this.#policy = policy;
    for (const pod of this.#options.cluster.pods.list()) this.#mark(pod);
  }

  list(): Iterable<InjectionFinding> {
    return this.#findings.values();
  }

  /** Of a pod, by `namespace/name`. */
  get(key: string): InjectionFinding | undefined {
    return this.#findings.get(key);
  }

  /** Calls back with the pods about which something else was found, by `namespace/name`. */
  subscribe(listener: (changed: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #mark({ namespace, name }: PodFacts): void {
    this.#dirty.add(`${namespace}/${name}`);
    this.#schedule(INJECTION_LIMITS.gatherMs);
  }

  #schedule(delayMs: number): void {
    if (this.#dirty.size === 0) return;
    this.#timer ??= this.#options.timers.set(delayMs, () => {
      this.#timer = undefined;
      // What is not known yet would count as not asked for.
      if (this.#options.cluster.synced) this.#work();
    });
  }

  #work(): void {
    const { clock } = this.#options;
    const startMs = clock.nowMs();
    const changed: string[] = [];
    for (const key of this.#dirty) {
      if (clock.nowMs() - startMs >= INJECTION_LIMITS.turnMs) break;
      this.#dirty.delete(key);
      if (this.#look(key)) changed.push(key);
    }
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
    this.#schedule(0);
  }

  #look(key: string): boolean {
    const slash = key.indexOf("/");
    const pod = this.#options.cluster.pods.podNamed(key.slice(0, slash), key.slice(slash + 1));
    const before = this.#findings.get(key);
    const after = pod === undefined ? undefined : this.#judge(pod);
    if (after === undefined) return this.#findings.delete(key);
    this.#findings.set(key, after);
    return !isSame(before, after);
  }

  #judge(pod: PodFacts): InjectionFinding | undefined {
    const { cluster, version } = this.#options;
    if (pod.isLeaving) return undefined;
    if (pod.hasProxy) {
      if (pod.proxyVersion === version || pod.proxyVersion === "") return undefined;
      const detail = `its proxy is of version ${pod.proxyVersion}, and the operator of ${version}`;
      return { problem: "outdated", pod, reason: "", detail, mend: "restart it" };
    }
    const namespace = cluster.namespaces.factsOf(pod.namespace);
    if (namespace === undefined) return undefined;
    const decision = decideInjection(pod.pod, namespace, this.#policy);
    if (decision.inject) return { problem: "uninjected", pod, ...MISSED };
    const { reason, detail, mend, isMeant } = decision;
    return isMeant ? undefined : { problem: "uninjected", pod, reason, detail, mend };
  }
}

function isSame(a: InjectionFinding | undefined, b: InjectionFinding): boolean {
  return (
    a?.problem === b.problem &&
    a.reason === b.reason &&
    a.detail === b.detail &&
    a.pod.uid === b.pod.uid
  );
}
