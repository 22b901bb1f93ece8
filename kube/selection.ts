/**
 * Which objects of a kind are wanted, and how much of each. What is left out costs neither the API
 * server nor us anything: a right to read one Secret by its name is enough to follow it.
 */
import type { KubeResource, RawObject } from "./kube-object.ts";
import { collectionPath, namespacePath } from "./kube-object.ts";

export interface Selection {
  /** Of this namespace alone. */
  readonly namespace?: string;
  /** The one of this name; with a namespace where the kind has them. */
  readonly name?: string;
  /** As `kubectl --selector` takes it. */
  readonly labelSelector?: string;
  /** As `kubectl --field-selector` takes it: which fields can be asked for depends on the kind. */
  readonly fieldSelector?: string;
  /** Of each object only its metadata, as if it had nothing else. */
  readonly metadataOnly?: boolean;
  /**
   * What becomes of `raw` when an object is read: for kinds that are large and of which there are
   * many, of which only this is ever in memory.
   */
  readonly reduce?: (raw: RawObject) => RawObject;
}

export const EVERYTHING: Selection = {};

export function selectionPath(resource: KubeResource, { namespace }: Selection): string {
  return namespace === undefined ? collectionPath(resource) : namespacePath(resource, namespace);
}

/** What is asked for beside the path. */
export function selectionQuery(selection: Selection): Readonly<Record<string, string>> {
  const { name, labelSelector, fieldSelector } = selection;
  // API servers grant a right that names an object where its name stands.
  const fields = [name === undefined ? [] : `metadata.name=${name}`, fieldSelector ?? []].flat();
  return {
    ...(fields.length === 0 ? {} : { fieldSelector: fields.join(",") }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

/** `answer` is a list, or one object: watches tell of one at a time. */
export function selectionAccept({ metadataOnly }: Selection, answer: "list" | "object"): string {
  if (metadataOnly !== true) return "application/json";
  const kind = answer === "list" ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  return `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
}
