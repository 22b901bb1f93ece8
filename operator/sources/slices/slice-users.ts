/** Which slices depend on what is known of a target or a node, besides what they say themselves. */
import type { EndpointSliceIntent } from "../../../mesh/intent.ts";
import { addTo, removeFrom } from "../object-groups.ts";
import type { ObjectId } from "../object-source.ts";

export class SliceUsers {
  readonly #byTarget = new Map<string, Set<ObjectId>>();
  readonly #byNode = new Map<string, Set<ObjectId>>();

  add(id: ObjectId, { endpoints }: EndpointSliceIntent): void {
    for (const { targetUid, zone, node } of endpoints) {
      if (targetUid !== "") addTo(this.#byTarget, targetUid, id);
      if (zone === "" && node !== "") addTo(this.#byNode, node, id);
    }
  }

  remove(id: ObjectId, { endpoints }: EndpointSliceIntent): void {
    for (const { targetUid, node } of endpoints) {
      removeFrom(this.#byTarget, targetUid, id);
      removeFrom(this.#byNode, node, id);
    }
  }

  ofTarget(uid: string): Iterable<ObjectId> {
    return this.#byTarget.get(uid) ?? [];
  }

  ofNode(node: string): Iterable<ObjectId> {
    return this.#byNode.get(node) ?? [];
  }
}
