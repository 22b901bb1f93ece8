/** What the reader of manifests gives, as far as the folder needs to know it. */
import type { ObjectRef } from "../../../mesh/destination.ts";
import type { IntentObject, Location } from "../../../mesh/intent.ts";
import type { Problem } from "../../../mesh/problem.ts";

export interface ReadObject {
  /** Null when it was refused; `problems` says why. */
  readonly object: IntentObject | null;
  readonly identity: Omit<ObjectRef, "generation">;
  readonly apiVersion: string;
  readonly location: Location;
  /** The object as JSON value. */
  readonly raw: unknown;
  readonly problems: readonly Problem[];
}

export interface ManifestReading {
  /** In the order of the file. */
  readonly objects: readonly ReadObject[];
  /** What belongs to no object: syntax, documents without a kind, kinds that are not ours. */
  readonly problems: readonly Problem[];
  /** Something could not be told to be an object at all: one that was there may be missing. */
  readonly broken: boolean;
}

export type ReadManifests = (text: string, file: string) => ManifestReading;
