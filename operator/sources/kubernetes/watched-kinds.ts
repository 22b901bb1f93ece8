/** The kinds that are read, as resources of an API server. */
import { KINDS } from "../../../crds/kinds.ts";
import type { KubeResource } from "../../../kube/kube-object.ts";

export interface WatchedKind {
  /** The newest first. */
  readonly versions: readonly [KubeResource, ...KubeResource[]];
  /** Without it there is no mesh; the others are read where somebody has installed them. */
  readonly isRequired: boolean;
}

const REQUIRED_GROUPS: readonly string[] = ["", "discovery.k8s.io", "heddle.mesh"];

export function watchedKinds(): readonly WatchedKind[] {
  return KINDS.flatMap(({ group, kind, versions }) => {
    const resources = versions.map((version) => ({ group, version, kind, plural: pluralOf(kind) }));
    const [newest, ...older] = resources.reverse();
    const isRequired = REQUIRED_GROUPS.includes(group);
    return newest === undefined ? [] : [{ versions: [newest, ...older] as const, isRequired }];
  });
}

/** As the plurals of these kinds are formed; nothing makes it so for others. */
function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  return lower.endsWith("y") ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}
