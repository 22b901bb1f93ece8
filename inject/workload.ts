/** The kinds that hold a template of pods, and where it stands in them. */
import { isRecord } from "../base/shape.ts";
import type { Owner } from "./owner.ts";

export interface Workload {
  /** Null for a bare Pod. */
  readonly owner: Owner | null;
  /** `Deployment shop/web`, for people. */
  readonly label: string;
  readonly namespace: string;
  /** Keys that lead to the pod. */
  readonly templatePath: readonly string[];
}

const TEMPLATE = ["spec", "template"];

/** By API group and kind. */
const TEMPLATE_PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  ["/Pod", []],
  ["/ReplicationController", TEMPLATE],
  ["apps/DaemonSet", TEMPLATE],
  ["apps/Deployment", TEMPLATE],
  ["apps/ReplicaSet", TEMPLATE],
  ["apps/StatefulSet", TEMPLATE],
  ["batch/CronJob", ["spec", "jobTemplate", "spec", "template"]],
  ["batch/Job", TEMPLATE],
]);

/** Undefined for what holds no pods, as far as is known. */
export function findWorkload(object: unknown, defaultNamespace: string): Workload | undefined {
  if (!isRecord(object)) return undefined;
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  const templatePath = TEMPLATE_PATHS.get(`${group}/${kind}`);
  if (templatePath === undefined) return undefined;
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  const name = textOr(metadata.name, textOr(metadata.generateName, ""));
  const namespace = textOr(metadata.namespace, defaultNamespace);
  return {
    owner: templatePath.length === 0 ? null : { kind, name },
    label: `${kind} ${namespace}/${name}`,
    namespace,
    templatePath,
  };
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" && value !== "" ? value : fallback;
}
