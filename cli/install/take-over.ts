/**
 * Objects that `kubectl apply` made are ours to change, but their fields are kubectl's: what a
 * later version leaves out would stay in them for ever. Before we apply such an object its fields
 * become ours, as if we had applied it then.
 */
import { isRecord } from "../../base/shape.ts";
import { CLI_FIELD_MANAGER } from "../cluster/cluster.ts";

const KUBECTL = "kubectl-client-side-apply";

type Entry = Readonly<Record<string, unknown>>;

/** A JSON patch; undefined where kubectl has no fields of the object. */
export function planTakeOver(object: unknown): readonly object[] | undefined {
  const metadata = isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
  const { managedFields, resourceVersion } = metadata;
  const entries = Array.isArray(managedFields) ? managedFields.filter(isRecord) : [];
  const theirs = entries.filter(isOfKubectl);
  const [first] = theirs;
  if (first === undefined || typeof resourceVersion !== "string") return undefined;
  const ours = entries.filter(isOurs);
  const fields = [...ours, ...theirs].map(({ fieldsV1 }) => fieldsV1).reduce(union, {});
  const joined = { ...first, manager: CLI_FIELD_MANAGER, operation: "Apply", fieldsV1: fields };
  const others = entries.filter((entry) => !isOfKubectl(entry) && !isOurs(entry));
  return [
    { op: "replace", path: "/metadata/managedFields", value: [...others, joined] },
    // Only what was looked at is changed.
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
  ];
}

function isOfKubectl({ manager, operation, subresource = "" }: Entry): boolean {
  return manager === KUBECTL && operation === "Update" && subresource === "";
}

function isOurs({ manager, operation, subresource = "" }: Entry): boolean {
  return manager === CLI_FIELD_MANAGER && operation === "Apply" && subresource === "";
}

/** Sets of fields are maps of maps, of which only the keys say something. */
function union(a: unknown, b: unknown): Entry {
  const joined: Record<string, unknown> = isRecord(a) ? { ...a } : {};
  for (const [key, value] of Object.entries(isRecord(b) ? b : {})) {
    joined[key] = union(joined[key], value);
  }
  return joined;
}
