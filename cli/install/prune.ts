/** Objects of an earlier version or other options, which the installation no longer has. */
import { isRecord } from "../../base/shape.ts";
import { CA_CONFIG_MAP } from "../../inject/names.ts";
import type { Fields } from "../../inject/pod.ts";
import { type Cluster, ClusterError } from "../cluster/cluster.ts";
import { PART_OF_SELECTOR } from "./installed.ts";
import { INSTALLED_KINDS, type PlacedObject, place, placeObject } from "./installed-kinds.ts";

/**
 * Everything in the cluster that carries the label, made by the installation itself. What others
 * make for such an object (the pods of a Deployment, say) is theirs to remove.
 */
export async function findParts(
  cluster: Cluster,
  labelSelector: string = PART_OF_SELECTOR,
): Promise<readonly PlacedObject[]> {
  const lists = await Promise.all(
    INSTALLED_KINDS.map(async (kind) => {
      const selection = { labelSelector, metadataOnly: true };
      const objects = (await orNone(cluster.list(kind, selection))) ?? [];
      return objects
        .filter(({ raw }) => !isOwned(raw))
        .map(({ namespace, name }) => place(kind, namespace, name));
    }),
  );
  return lists.flat();
}

/**
 * On what an installation applies, and not on what its programs make while they run: their keys,
 * and the certificate in each namespace of the mesh.
 */
const APPLIED_SELECTOR = `${PART_OF_SELECTOR},app.kubernetes.io/version`;

/** Definitions are never among them: with a kind all of its objects would go. */
export async function findLeftovers(
  cluster: Cluster,
  wanted: readonly Fields[],
): Promise<readonly PlacedObject[]> {
  const kept = new Set(wanted.map((object) => placeObject(object).path));
  const parts = await findParts(cluster, APPLIED_SELECTOR);
  return parts
    .filter(({ path, name, kind: { kind } }) => {
      const isShell = kind === "CustomResourceDefinition" || kind === "Namespace";
      return !kept.has(path) && !isShell && !isMadeAtRunTime(kind, name);
    })
    .toReversed();
}

/** Whatever their labels say. */
function isMadeAtRunTime(kind: string, name: string): boolean {
  return kind === "Secret" || (kind === "ConfigMap" && name === CA_CONFIG_MAP);
}

function isOwned(raw: Fields): boolean {
  const metadata = isRecord(raw.metadata) ? raw.metadata : {};
  return Array.isArray(metadata.ownerReferences) && metadata.ownerReferences.length > 0;
}

/** Kinds of others that this user may not see hold nothing that this user installed. */
async function orNone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ClusterError && error.status === 403) return undefined;
    throw error;
  }
}
