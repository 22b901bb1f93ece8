/** Who a pod belongs to, as people know it: the Deployment and not its ReplicaSet. */
import { WORKLOAD, WORKLOAD_KIND } from "./names.ts";
import { type Fields, labelsOf, mapsAt, type Pod } from "./pod.ts";

export interface Owner {
  /** As in manifests: `Deployment`. */
  readonly kind: string;
  readonly name: string;
}

/** Whom an object says it belongs to. */
export interface Controller extends Owner {
  readonly apiVersion: string;
  readonly uid: string;
}

/** The controller of CronJobs ends the names of its Jobs with the minute. */
const CRON_JOB_SUFFIX = /-\d{8,10}$/;

/**
 * From the pod alone, as the API server is asked to create it; null when nothing owns it. What the
 * pod's template was labelled with comes first: that was written where the owner was known.
 */
export function findOwner(pod: Pod): Owner | null {
  const labels = labelsOf(pod);
  const [kind, name] = [labels[WORKLOAD_KIND], labels[WORKLOAD]];
  if (kind !== undefined && name !== undefined) return { kind, name };
  const controller = controllerOf(pod.metadata ?? {});
  return controller === null ? null : upwards(controller, labels["pod-template-hash"]);
}

/** The one that made the object and keeps it; null where nobody does. */
export function controllerOf(metadata: Fields): Controller | null {
  const references = mapsAt(metadata, "ownerReferences");
  const reference = references.find(({ controller }) => controller === true);
  const { apiVersion, kind, name, uid } = reference ?? {};
  if (typeof kind !== "string" || typeof name !== "string") return null;
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return { apiVersion: text(apiVersion), kind, name, uid: text(uid) };
}

/**
 * Whether `findOwner` only guesses, because the pod's controller may have one of its own that the
 * pod does not tell of: a ReplicaSet that is no Deployment's, or a Job.
 */
export function isOwnerGuessed(pod: Pod): boolean {
  const labels = labelsOf(pod);
  if (labels[WORKLOAD_KIND] !== undefined && labels[WORKLOAD] !== undefined) return false;
  const controller = controllerOf(pod.metadata ?? {});
  if (controller === null) return false;
  return controller.kind === "Job" || findOwner(pod)?.kind === "ReplicaSet";
}

function upwards({ kind, name }: Controller, templateHash: string | undefined): Owner {
  const suffix = `-${templateHash}`;
  if (kind === "ReplicaSet" && templateHash !== undefined && name.endsWith(suffix)) {
    return { kind: "Deployment", name: name.slice(0, -suffix.length) };
  }
  const found = kind === "Job" ? CRON_JOB_SUFFIX.exec(name) : null;
  return found === null ? { kind, name } : { kind: "CronJob", name: name.slice(0, found.index) };
}

/** The longest value that a label takes; a longer name has none. */
const LABEL_CHARS_MAX = 63;
const LABEL_VALUE = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

export function ownerLabels(owner: Owner | null): Readonly<Record<string, string>> {
  if (owner === null) return {};
  const { kind, name } = owner;
  if (name.length > LABEL_CHARS_MAX || !LABEL_VALUE.test(name) || !LABEL_VALUE.test(kind)) {
    return {};
  }
  return { [WORKLOAD]: name, [WORKLOAD_KIND]: kind };
}
