/**
 * Where objects come from: a folder of files, or an API server. A source is level-based: it holds
 * what is true now, says which objects may have changed, and its reader looks again. Missing a
 * notice is then harmless as long as a later one comes, and bursts cost one look.
 */
import type { ObjectRef } from "../../mesh/destination.ts";
import type { IntentObject, Location } from "../../mesh/intent.ts";
import type { Problem } from "../../mesh/problem.ts";

/** `group/kind/namespace/name`: one object over all its generations and versions. */
export type ObjectId = string;

export interface SourceObject {
  readonly id: ObjectId;
  /** Carries the newest generation, accepted or not. */
  readonly ref: ObjectRef;
  /** As the newest version was written: `heddle.mesh/v1alpha1`. */
  readonly apiVersion: string;
  readonly location: Location;
  /** The version in force, at the generation in its own `ref`; null when none was ever accepted. */
  readonly live: IntentObject | null;
  /** What is wrong with the newest version, and notes; any error means that it is not in force. */
  readonly problems: readonly Problem[];
  /** When it was created, or in files first seen; since the epoch. */
  readonly createdAtWallMs: number;
  /** The newest `spec`, as JSON value. For people. */
  readonly spec: unknown;
}

export interface ObjectSource {
  /** `files`, `kubernetes`: for logs, metrics and status. */
  readonly name: string;
  /** False until everything has been read once. Never becomes false again. */
  readonly synced: boolean;
  /** Objects that exist, in no order. */
  list(): Iterable<SourceObject>;
  get(id: ObjectId): SourceObject | undefined;
  /** What is wrong and belongs to no object: files that cannot be read, kinds that are not ours. */
  problems(): readonly Problem[];
  /**
   * Calls back with ids to look at again, after the change; an empty list when only `synced` or
   * `problems` changed.
   */
  subscribe(listener: (changed: readonly ObjectId[]) => void): () => void;
  /** Begins to read and to watch. Resolves when the first reading is done, well or not. */
  start(): Promise<void>;
  /** After it resolves no listener is called any more. */
  stop(): Promise<void>;
}

export function objectId(ref: Omit<ObjectRef, "generation">): ObjectId {
  return `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`;
}
