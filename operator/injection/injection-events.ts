/**
 * Tells at the owner of pods that they run without the proxy that was asked for: once for each
 * owner and reason, however many pods it has. Only the operator that leads tells. That a proxy is
 * of another version is no Event: after an upgrade all of them are.
 */
import { controllerOf } from "../../inject/owner.ts";
import type { EventRecorder, Regarding } from "../../kube/events.ts";
import type { Leadership } from "../../kube/lease.ts";
import type { PodFacts } from "../sources/kubernetes/pods.ts";
import type { InjectionBook, InjectionFinding } from "./injection-book.ts";

export interface InjectionEventsOptions {
  readonly book: Pick<InjectionBook, "list" | "get" | "subscribe">;
  readonly leadership: Leadership;
  readonly recorder: Pick<EventRecorder, "record">;
}

export class InjectionEvents {
  readonly #options: InjectionEventsOptions;
  /** What was told, and by pod which of it, so that it is told again when it comes again. */
  readonly #told = new Map<string, Set<string>>();
  readonly #toldOf = new Map<string, string>();
  #unsubscribe: (() => void) | undefined;

  constructor(options: InjectionEventsOptions) {
    this.#options = options;
  }

  start(): void {
    const { book } = this.#options;
    this.#unsubscribe = book.subscribe((pods) => {
      for (const pod of pods) this.#take(pod, book.get(pod));
    });
    this.leadershipChanged();
  }

  stop(): void {
    this.#unsubscribe?.();
  }

  leadershipChanged(): void {
    this.#told.clear();
    this.#toldOf.clear();
    if (!this.#options.leadership.holds()) return;
    for (const finding of this.#options.book.list()) this.#take(keyOf(finding.pod), finding);
  }

  #take(pod: string, finding: InjectionFinding | undefined): void {
    const { leadership, recorder } = this.#options;
    if (!leadership.holds()) return;
    this.#forget(pod);
    if (finding?.problem !== "uninjected") return;
    const regarding = regardingOf(finding.pod);
    const key = `${regarding.uid} ${finding.reason} ${finding.detail}`;
    this.#toldOf.set(pod, key);
    const pods = this.#told.get(key);
    if (pods !== undefined) {
      pods.add(pod);
      return;
    }
    this.#told.set(key, new Set([pod]));
    const note = describe(finding);
    recorder.record({ regarding, reason: "NotInjected", action: "Inject", note });
  }

  #forget(pod: string): void {
    const key = this.#toldOf.get(pod);
    if (key === undefined) return;
    this.#toldOf.delete(pod);
    const pods = this.#told.get(key);
    pods?.delete(pod);
    if (pods?.size === 0) this.#told.delete(key);
  }
}

function keyOf({ namespace, name }: PodFacts): string {
  return `${namespace}/${name}`;
}

/** What made the pod, as it says itself; the pod where nothing did. */
function regardingOf({ pod, namespace, name, uid }: PodFacts): Regarding {
  const controller = controllerOf(pod.metadata ?? {});
  if (controller === null) return { apiVersion: "v1", kind: "Pod", namespace, name, uid };
  const { apiVersion, kind } = controller;
  return { apiVersion, kind, namespace, name: controller.name, uid: controller.uid };
}

function describe({ pod, detail, mend }: InjectionFinding): string {
  const of = pod.owner === null ? "" : ` of ${pod.owner.kind} ${pod.owner.name}`;
  const hint = mend === "" ? "" : `; ${mend}`;
  return `Pod ${pod.name}${of} runs without the proxy that was asked for: ${detail}${hint}`;
}
