/** A kind that is read, as resources of an API server: one for each version. */
import { pluralOf } from "./plural.ts";

export interface KindResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

interface Versioned {
  readonly group: string;
  readonly kind: string;
  /** The oldest first. */
  readonly versions: readonly string[];
}

/** The newest first; null for a kind without versions. */
export function resourcesOf({
  group,
  kind,
  versions,
}: Versioned): readonly [KindResource, ...KindResource[]] | null {
  const resources = versions.map((version) => ({ group, version, kind, plural: pluralOf(kind) }));
  const [newest, ...older] = resources.reverse();
  return newest === undefined ? null : [newest, ...older];
}
