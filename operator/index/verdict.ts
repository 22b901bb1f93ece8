/**
 * What compiling found out about each object besides its effect: references that lead nowhere,
 * and fields that another object decides. `operator/status` turns verdicts into conditions.
 */
import type { ObjectRef } from "../../mesh/destination.ts";
import type { Reason } from "../../mesh/status.ts";
import { type ObjectId, objectId } from "../sources/object-source.ts";

export interface ReferenceNote {
  readonly reason: Reason;
  readonly message: string;
}

export interface ConflictNote {
  /** The field that lost: `spec.routes`. */
  readonly field: string;
  readonly winner: ObjectRef;
  /** Set when the winner speaks for the clients of its own namespace only, which is intent. */
  readonly clientNamespace: string;
}

export interface Verdict {
  readonly references: readonly ReferenceNote[];
  readonly conflicts: readonly ConflictNote[];
}

/** Notes kept of one object; what comes after them would help nobody. */
export const NOTES_PER_OBJECT_MAX = 20;

interface OpenVerdict {
  readonly references: Map<string, ReferenceNote>;
  readonly conflicts: Map<string, ConflictNote>;
}

/** Gathers the verdicts of one compilation. The same note made for several ports counts once. */
export class Verdicts {
  readonly #open = new Map<ObjectId, OpenVerdict>();

  /** Makes sure that the object has a verdict, if only an empty one. */
  judged(ref: ObjectRef): void {
    this.#of(ref);
  }

  reference(ref: ObjectRef, reason: Reason, message: string): void {
    const { references } = this.#of(ref);
    if (references.size < NOTES_PER_OBJECT_MAX) {
      references.set(`${reason} ${message}`, { reason, message });
    }
  }

  lost(ref: ObjectRef, field: string, winner: ObjectRef, clientNamespace: string): void {
    const { conflicts } = this.#of(ref);
    if (conflicts.size < NOTES_PER_OBJECT_MAX) {
      const key = `${field} ${objectId(winner)} ${clientNamespace}`;
      conflicts.set(key, { field, winner, clientNamespace });
    }
  }

  close(): ReadonlyMap<ObjectId, Verdict> {
    const closed = new Map<ObjectId, Verdict>();
    for (const [id, { references, conflicts }] of this.#open) {
      closed.set(id, { references: [...references.values()], conflicts: [...conflicts.values()] });
    }
    return closed;
  }

  #of(ref: ObjectRef): OpenVerdict {
    const id = objectId(ref);
    let open = this.#open.get(id);
    if (open === undefined) {
      open = { references: new Map(), conflicts: new Map() };
      this.#open.set(id, open);
    }
    return open;
  }
}

/** `TrafficSplit shop/web`, with the group where another group has the same kind. */
export function describeRef(ref: Omit<ObjectRef, "generation">): string {
  const group = ref.group === "" || ref.group === "heddle.mesh" ? "" : `.${ref.group}`;
  return `${ref.kind}${group} ${ref.namespace}/${ref.name}`;
}
