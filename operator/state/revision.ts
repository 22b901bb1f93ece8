/**
 * One accepted version of an object as a ControllerRevision: it belongs to the object, and goes
 * with it. Kubernetes lets nobody change what is in one, so that each version is an object of its
 * own, whose name follows from what it holds: whoever makes it makes the same.
 */
import { encodeCanonical, revisionOf } from "../../base/canonical-json.ts";
import { isRecord } from "../../base/shape.ts";
import type { JsonValue } from "../../crds/yaml-value.ts";
import { LAST_ACCEPTED } from "../../inject/names.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import { type ObjectId, objectId } from "../sources/object-source.ts";

export const REVISIONS = {
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
} as const satisfies KubeResource;

/** Larger ones are not kept: the store of an API server takes 1.5 MiB for all of an object. */
export const REVISION_BYTES_MAX = 1024 * 1024;

export interface KeptVersion {
  readonly generation: number;
  /** The object as far as it is read: its kind, its name and its content. */
  readonly raw: JsonValue;
}

export interface Revision extends KeptVersion {
  readonly id: ObjectId;
  /** Of the object that it belongs to. */
  readonly uid: string;
  readonly namespace: string;
  /** Its own. */
  readonly name: string;
}

export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Undefined when it would be too large. */
export function makeRevision(owner: Owner, { generation, raw }: KeptVersion): object | undefined {
  const { apiVersion, kind, namespace, name, uid } = owner;
  const data = contentOf(raw);
  if (Buffer.byteLength(JSON.stringify(data)) > REVISION_BYTES_MAX) return undefined;
  return {
    apiVersion: `${REVISIONS.group}/${REVISIONS.version}`,
    kind: REVISIONS.kind,
    metadata: {
      namespace,
      name: revisionName(kind, uid, generation),
      labels: { [LAST_ACCEPTED]: "true" },
      // As its controller, nobody else adopts it: other controllers look for what has none.
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
    },
    data,
    revision: generation,
  };
}

/** What is wrong with it as text. */
export function parseRevision({ raw, namespace, name }: KubeObject): Revision | string {
  const owners = isRecord(raw.metadata) ? raw.metadata.ownerReferences : undefined;
  const owner: unknown = Array.isArray(owners) ? owners[0] : undefined;
  if (!isRecord(owner)) return "it belongs to no object";
  const { apiVersion, kind, name: ownerName, uid } = owner;
  const { revision: generation, data } = raw;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return "its owner has no kind";
  if (typeof ownerName !== "string" || typeof uid !== "string") return "its owner has no name";
  if (typeof generation !== "number" || !Number.isSafeInteger(generation) || generation < 1) {
    return "it is of no generation";
  }
  if (!isRecord(data)) return "it holds nothing";
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  const id = objectId({ group, kind, namespace, name: ownerName });
  // It came out of JSON.
  return { id, uid, namespace, name, generation, raw: data as JsonValue };
}

/** Of the object what its reader looks at: no status, and nothing that the API server adds. */
function contentOf(raw: JsonValue): object {
  if (!isRecord(raw)) return {};
  const { status: _status, metadata, ...rest } = raw;
  const { namespace, name } = isRecord(metadata) ? metadata : {};
  return { ...rest, metadata: { namespace, name } };
}

function revisionName(kind: string, uid: string, generation: number): string {
  const digest = revisionOf(encodeCanonical([uid, kind])).slice(0, 16);
  return `heddle-${kind.toLowerCase()}-${digest}-${generation}`;
}
