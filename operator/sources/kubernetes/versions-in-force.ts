/**
 * Which version of an object is in force: its newest where that is accepted, and else the newest
 * that was, whether this replica has seen it or it was kept. Holds what it takes to keep it.
 */

import { readKnownFields } from "../../../crds/read-known-fields.ts";
import type { ReadOptions } from "../../../crds/read-object.ts";
import type { JsonValue } from "../../../crds/yaml-value.ts";
import type { KubeObject } from "../../../kube/kube-object.ts";
import type { ObjectRef } from "../../../mesh/destination.ts";
import type { IntentObject } from "../../../mesh/intent.ts";
import type { RevisionStore } from "../../state/revision-store.ts";
import type { AcceptedVersion } from "../../state/revision-writer.ts";
import { type ObjectId, objectId } from "../object-source.ts";

/** Kubernetes has judged its own: they are as they are, and nothing is kept of them. */
const UNKEPT_GROUPS: readonly string[] = ["", "discovery.k8s.io"];

interface InForce {
  readonly version: AcceptedVersion;
  readonly live: IntentObject;
}

/** Which object it is, at its newest version. */
export type Newest = Pick<KubeObject, "uid" | "createdAtWallMs"> & {
  readonly id: ObjectId;
  readonly ref: ObjectRef;
};

export class VersionsInForce {
  readonly #kept: RevisionStore | undefined;
  readonly #readOptions: ReadOptions;
  readonly #inForce = new Map<ObjectId, InForce>();

  constructor(options: {
    readonly kept: RevisionStore | undefined;
    readonly readOptions: ReadOptions;
  }) {
    this.#kept = options.kept;
    this.#readOptions = options.readOptions;
  }

  get(id: ObjectId): AcceptedVersion | undefined {
    return this.#inForce.get(id)?.version;
  }

  forget(id: ObjectId): void {
    this.#inForce.delete(id);
  }

  /** The newest version is accepted. */
  accept(newest: Newest, apiVersion: string, raw: JsonValue, live: IntentObject): IntentObject {
    const { id, uid, ref } = newest;
    if (UNKEPT_GROUPS.includes(ref.group)) return live;
    const version = { uid, generation: ref.generation, apiVersion, raw };
    this.#inForce.set(id, { version, live });
    return live;
  }

  /** The newest version is refused: what is in force then; null where nothing ever was. */
  fallBack(newest: Newest, before: IntentObject | null): IntentObject | null {
    const { id, uid, ref } = newest;
    const kept = this.#kept?.get(id, uid);
    const seen = before?.ref.generation ?? 0;
    // One that is newer than the newest is one that we shall hear of.
    const isBetter = kept !== undefined && kept.generation > seen;
    if (!isBetter || kept.generation >= ref.generation) return before;
    const result = readKnownFields(kept.raw, this.#readOptions);
    const read = result.found === "object" ? result.read : undefined;
    if (read === undefined || read.object === null) {
      const [problem] = read?.problems.filter(({ severity }) => severity === "error") ?? [];
      this.#kept?.unreadable(id, kept, problem?.message ?? "it is of no kind that is known");
      return before;
    }
    // Whoever may write such objects could put in what is not theirs to say.
    if (objectId(read.identity) !== id) {
      this.#kept?.unreadable(id, kept, "it holds another object");
      return before;
    }
    const { generation, raw } = kept;
    const { createdAtWallMs } = newest;
    const live = { ...read.object, ref: { ...ref, generation }, createdAtWallMs };
    this.#inForce.set(id, { version: { uid, generation, apiVersion: read.apiVersion, raw }, live });
    return live;
  }
}
