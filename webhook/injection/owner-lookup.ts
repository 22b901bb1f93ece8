/**
 * Who a pod belongs to, as people know it, where the pod does not tell: the API server knows whose
 * its ReplicaSet or Job is. What is found is kept, because pods of one owner come together. Where
 * nothing can be found out, what the pod itself tells has to do.
 */
import type { Clock } from "../../base/clock.ts";
import {
  type Controller,
  controllerOf,
  findOwner,
  isOwnerGuessed,
  type Owner,
} from "../../inject/owner.ts";
import { type Fields, mapAt, type Pod } from "../../inject/pod.ts";
import type { Regarding } from "../../kube/events.ts";
import { objectPath } from "../../kube/kube-object.ts";
import type { LookUp } from "../look-up.ts";

export const OWNER_LIMITS = {
  /** A pod waits for it, and can do without. */
  timeoutMs: 500,
  /** Nobody waits for an Event. */
  patientTimeoutMs: 10_000,
  askedAtOnceMax: 32,
  keptMax: 4_096,
  /** What could not be found out is not asked for by every pod. */
  missingKeptMs: 10_000,
} as const;

/** Of the controllers of pods, those that have one themselves. */
const BETWEEN = new Map([
  ["ReplicaSet", { group: "apps", version: "v1", plural: "replicasets" }],
  ["Job", { group: "batch", version: "v1", plural: "jobs" }],
]);

interface Kept {
  readonly above: Controller | null;
  readonly untilMs: number;
}

export class OwnerLookup {
  readonly #hurried: LookUp;
  readonly #patient: LookUp;
  readonly #clock: Clock;
  /** By uid of the one between; those that came last are last. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: {
    readonly hurried: LookUp;
    readonly patient: LookUp;
    readonly clock: Clock;
  }) {
    this.#hurried = options.hurried;
    this.#patient = options.patient;
    this.#clock = options.clock;
  }

  /** For labels. Asks nobody where the pod tells. */
  async find(pod: Pod, namespace: string): Promise<Owner | null> {
    const controller = controllerOf(pod.metadata ?? {});
    if (controller === null || !isOwnerGuessed(pod)) return findOwner(pod);
    const known = await this.#knownAbove(controller, namespace, this.#hurried);
    if (known === undefined) return findOwner(pod);
    const { kind, name } = known.above ?? controller;
    return { kind, name };
  }

  /** At what people look for what is wrong with a pod; the pod itself where nothing owns it. */
  async findRegarding(pod: Pod, namespace: string, podName: string): Promise<Regarding> {
    const controller = controllerOf(pod.metadata ?? {});
    // A pod that is about to be made has no uid yet.
    if (controller === null) {
      return { apiVersion: "v1", kind: "Pod", namespace, name: podName, uid: "" };
    }
    const known = await this.#knownAbove(controller, namespace, this.#patient);
    const { apiVersion, kind, name, uid } = known?.above ?? controller;
    return { apiVersion, kind, namespace, name, uid };
  }

  /** Undefined when it could not be found out. */
  async #knownAbove(
    controller: Controller,
    namespace: string,
    lookUp: LookUp,
  ): Promise<{ readonly above: Controller | null } | undefined> {
    const between = BETWEEN.get(controller.kind);
    if (between === undefined || !controller.apiVersion.startsWith(`${between.group}/`)) {
      return { above: null };
    }
    const key = `${controller.uid} ${namespace}/${controller.name}`;
    const kept = this.#kept.get(key);
    if (kept?.untilMs === Number.POSITIVE_INFINITY) return kept;
    const isHurried = lookUp === this.#hurried;
    if (isHurried && kept !== undefined && kept.untilMs > this.#clock.nowMs()) return undefined;
    const path = objectPath(between, { namespace, name: controller.name });
    try {
      const found = await lookUp.metadata(path);
      const metadata: Fields = mapAt(mapAt({ found }, "found"), "metadata");
      const isSame = controller.uid === "" || metadata.uid === controller.uid;
      const above = isSame ? controllerOf(metadata) : null;
      return this.#keep(key, { above, untilMs: Number.POSITIVE_INFINITY });
    } catch {
      // It was counted, and the pod does not depend on it.
      const untilMs = this.#clock.nowMs() + OWNER_LIMITS.missingKeptMs;
      this.#keep(key, { above: null, untilMs });
      return undefined;
    }
  }

  #keep(key: string, kept: Kept): Kept {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > OWNER_LIMITS.keptMax && oldest !== undefined) this.#kept.delete(oldest);
    return kept;
  }
}
