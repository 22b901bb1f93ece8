/** Objects of an API server as far as every controller looks into them; the rest is `raw`. */
import { parseTimestamp } from "../base/parse-timestamp.ts";
import { isRecord } from "../base/shape.ts";
import { malformed } from "./kube-error.ts";

/** One kind in one version, as the paths of the API name it. */
export interface KubeResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** `serviceprofiles` */
  readonly plural: string;
}

export type RawObject = Readonly<Record<string, unknown>>;

export interface KubeObject {
  /** `namespace/name`; the name alone for what has no namespace. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Another one under the same name is another object. */
  readonly uid: string;
  /** Opaque: compared for equality only. */
  readonly resourceVersion: string;
  /** 0 for kinds that do not count theirs. */
  readonly generation: number;
  /** Since the epoch; 0 when it does not say. */
  readonly createdAtWallMs: number;
  /** Whole, but for what nobody here reads. */
  readonly raw: RawObject;
}

/** `heddle.mesh/v1alpha1` */
export function apiVersionOf({ group, version }: KubeResource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `serviceprofiles.heddle.mesh`: for people and metrics. */
export function resourceName({ group, plural }: KubeResource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** Of all namespaces, from the root of the API server. */
export function collectionPath(resource: KubeResource): string {
  const { group, version, plural } = resource;
  return group === "" ? `/api/${version}/${plural}` : `/apis/${group}/${version}/${plural}`;
}

/** One object with a namespace, from the root of the API server. */
export function objectPath(
  resource: Omit<KubeResource, "kind">,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return `${namespacePath(resource, namespace)}/${encodeURIComponent(name)}`;
}

/** Where new ones of a namespace are sent. */
export function namespacePath(resource: Omit<KubeResource, "kind">, namespace: string): string {
  const { group, version, plural } = resource;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** Written by the API server for itself and by kubectl for itself: often half of an object. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Throws `KubeError` when it is no object. Items of lists lack their kind, which is then that of
 * `resource`. What only fills memory is dropped, and what `reduce` leaves out.
 */
export function parseKubeObject(
  value: unknown,
  resource: KubeResource,
  reduce: (raw: RawObject) => RawObject = (raw) => raw,
): KubeObject {
  if (!isRecord(value) || !isRecord(value.metadata)) throw malformed("an object has no metadata");
  const { managedFields: _managedFields, annotations, ...metadata } = value.metadata;
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = metadata;
  if (typeof name !== "string" || name === "") throw malformed("an object has no name");
  if (typeof resourceVersion !== "string") throw malformed(`${name} has no resourceVersion`);
  const space = typeof namespace === "string" ? namespace : "";
  const created = typeof creationTimestamp === "string" ? creationTimestamp : "";
  return {
    key: space === "" ? name : `${space}/${name}`,
    namespace: space,
    name,
    uid: typeof uid === "string" ? uid : "",
    resourceVersion,
    generation: typeof generation === "number" ? generation : 0,
    createdAtWallMs: parseTimestamp(created) ?? 0,
    raw: reduce({
      ...value,
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { ...metadata, ...keptAnnotations(annotations) },
    }),
  };
}

function keptAnnotations(annotations: unknown): { readonly annotations?: unknown } {
  if (annotations === undefined) return {};
  if (!isRecord(annotations)) return { annotations };
  const { [LAST_APPLIED]: _lastApplied, ...kept } = annotations;
  return { annotations: kept };
}
