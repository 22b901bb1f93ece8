/**
 * What each kind brings: how its manifests are checked, and what they mean in the mesh's own
 * words. A kind sees one object at a time and never another.
 */
import type { Path } from "../base/shape.ts";
import type { Intent } from "../mesh/intent.ts";
import type { ObjectMetadata } from "./metadata-schema.ts";

export interface Kind {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  /** Keys beside apiVersion, kind and metadata. */
  keys(version: string): readonly string[];
  /** Null when an error was reported, or when the object means nothing to the mesh. */
  read(manifest: Manifest, context: ReadContext): Intent | null;
}

export interface Manifest {
  readonly version: string;
  readonly metadata: ObjectMetadata;
  readonly namespace: string;
  /** The whole object, its shape unknown but for the metadata. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a kind may use and say while it reads an object. */
export interface ReadContext {
  /** `cluster.local` */
  readonly clusterDomain: string;
  error(path: Path, code: string, message: string, hint?: string): void;
  warning(path: Path, code: string, message: string, hint?: string): void;
  note(path: Path, code: string, message: string, hint?: string): void;
  /** The field was accepted, and nothing acts on it yet. */
  notEnforced(path: Path): void;
}

/** What is read of an object with a `spec`. */
export const SPEC_KEYS: readonly string[] = ["spec", "status"];
