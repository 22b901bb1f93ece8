import type { ObjectRef } from "../../mesh/destination.ts";
import { type ObjectId, objectId } from "../sources/object-source.ts";

/** The objects of one destination, numbered in the order of their first use. */
export class ObjectList {
  readonly refs: ObjectRef[] = [];
  readonly #indexes = new Map<ObjectId, number>();

  indexOf(ref: ObjectRef): number {
    const id = objectId(ref);
    let index = this.#indexes.get(id);
    if (index === undefined) {
      index = this.refs.push(ref) - 1;
      this.#indexes.set(id, index);
    }
    return index;
  }
}
