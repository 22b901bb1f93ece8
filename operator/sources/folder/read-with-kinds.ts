/** Reads manifests with the kinds that the mesh knows, for a folder. */
import { readManifests } from "../../../crds/read-manifests.ts";
import type { ReadObject, ReadOptions } from "../../../crds/read-object.ts";
import type { ReadManifests } from "./manifest-reading.ts";

export function createManifestReader(options: ReadOptions): ReadManifests {
  return (text, file) => {
    const { objects, problems, unreadable } = readManifests(text, file, options);
    const named = objects.filter(isNamed);
    const unnamed = objects.filter((object) => !isNamed(object));
    return {
      objects: named,
      problems: [...problems, ...unnamed.flatMap((object) => object.problems)],
      broken: unreadable > 0 || unnamed.length > 0,
    };
  };
}

/** Whether it can be told from others: only then can an earlier version of it stay in force. */
function isNamed({ identity }: ReadObject): boolean {
  const { group, kind, namespace, name } = identity;
  if (kind === "" || name === "") return false;
  return ![group, kind, namespace, name].some((part) => part.includes("/"));
}
