/** The kinds that are read, as resources of an API server. */
import { KINDS } from "../../../crds/kinds.ts";
import { pluralOf } from "../../../crds/plural.ts";
import type { KubeResource } from "../../../kube/kube-object.ts";

export interface WatchedKind {
  /** The newest first. */
  readonly versions: readonly [KubeResource, ...KubeResource[]];
  /** Without it there is no mesh; the others are read where somebody has installed them. */
  readonly isRequired: boolean;
  /** Every API server has it. Endpoints come from these, and nothing is served without them. */
  readonly isBuiltIn: boolean;
}

const BUILT_IN_GROUPS: readonly string[] = ["", "discovery.k8s.io"];
const REQUIRED_GROUPS: readonly string[] = [...BUILT_IN_GROUPS, "heddle.mesh"];

export function watchedKinds(): readonly WatchedKind[] {
  return KINDS.flatMap(({ group, kind, versions }) => {
    const resources = versions.map((version) => ({ group, version, kind, plural: pluralOf(kind) }));
    const [newest, ...older] = resources.reverse();
    const isRequired = REQUIRED_GROUPS.includes(group);
    const isBuiltIn = BUILT_IN_GROUPS.includes(group);
    if (newest === undefined) return [];
    return [{ versions: [newest, ...older] as const, isRequired, isBuiltIn }];
  });
}
