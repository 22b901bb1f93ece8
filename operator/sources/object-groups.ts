/** Objects by what they have in common. A group that nobody is left in is gone. */
import type { ObjectId } from "./object-source.ts";

export function addTo(groups: Map<string, Set<ObjectId>>, key: string, id: ObjectId): void {
  const ids = groups.get(key);
  if (ids === undefined) groups.set(key, new Set([id]));
  else ids.add(id);
}

/** Does nothing where the object is not in that group. */
export function removeFrom(groups: Map<string, Set<ObjectId>>, key: string, id: ObjectId): void {
  const ids = groups.get(key);
  ids?.delete(id);
  if (ids?.size === 0) groups.delete(key);
}
