/** The kinds that are read, as resources of an API server. */
import { SERVICE_LABEL } from "../../../crds/endpoint-slice/kind.ts";
import { KINDS } from "../../../crds/kinds.ts";
import { pluralOf } from "../../../crds/plural.ts";
import type { KubeResource } from "../../../kube/kube-object.ts";
import { EVERYTHING, type Selection } from "../../../kube/selection.ts";

export interface WatchedKind {
  /** The newest first. */
  readonly versions: readonly [KubeResource, ...KubeResource[]];
  /** Without it there is no mesh; the others are read where somebody has installed them. */
  readonly isRequired: boolean;
  /** Every API server has it. Endpoints come from these, and nothing is served without them. */
  readonly isBuiltIn: boolean;
  /** Those of it that are read; all where it is absent. */
  readonly selection?: Selection;
}

/** Slices that belong to no Service serve others than us. */
const SELECTIONS: ReadonlyMap<string, Selection> = new Map([
  ["EndpointSlice", { labelSelector: SERVICE_LABEL }],
]);

const BUILT_IN_GROUPS: readonly string[] = ["", "discovery.k8s.io"];
const REQUIRED_GROUPS: readonly string[] = [...BUILT_IN_GROUPS, "heddle.mesh"];

export function watchedKinds(): readonly WatchedKind[] {
  return KINDS.flatMap(({ group, kind, versions }) => {
    const resources = versions.map((version) => ({ group, version, kind, plural: pluralOf(kind) }));
    const [newest, ...older] = resources.reverse();
    const isRequired = REQUIRED_GROUPS.includes(group);
    const isBuiltIn = BUILT_IN_GROUPS.includes(group);
    if (newest === undefined) return [];
    const selection = SELECTIONS.get(kind) ?? EVERYTHING;
    return [{ versions: [newest, ...older] as const, isRequired, isBuiltIn, selection }];
  });
}
