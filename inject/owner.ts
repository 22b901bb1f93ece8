/** Who a pod belongs to, as people know it: the Deployment and not its ReplicaSet. */
import { WORKLOAD, WORKLOAD_KIND } from "./names.ts";
import { labelsOf, mapsAt, type Pod } from "./pod.ts";

export interface Owner {
  /** As in manifests: `Deployment`. */
  readonly kind: string;
  readonly name: string;
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
  const references = mapsAt(pod.metadata ?? {}, "ownerReferences");
  const reference = references.find(({ controller }) => controller === true);
  if (typeof reference?.kind !== "string" || typeof reference.name !== "string") return null;
  return upwards({ kind: reference.kind, name: reference.name }, labels["pod-template-hash"]);
}

function upwards(owner: Owner, templateHash: string | undefined): Owner {
  const suffix = `-${templateHash}`;
  if (owner.kind === "ReplicaSet" && templateHash !== undefined && owner.name.endsWith(suffix)) {
    return { kind: "Deployment", name: owner.name.slice(0, -suffix.length) };
  }
  const found = owner.kind === "Job" ? CRON_JOB_SUFFIX.exec(owner.name) : null;
  return found === null ? owner : { kind: "CronJob", name: owner.name.slice(0, found.index) };
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
