/** The kinds that are read, as resources of an API server. */
import { SERVICE_LABEL } from "../../../crds/endpoint-slice/kind.ts";
import { resourcesOf } from "../../../crds/kind-resources.ts";
import { KINDS } from "../../../crds/kinds.ts";
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
  return KINDS.flatMap((kind) => {
    const versions = resourcesOf(kind);
    if (versions === null) return [];
    const isRequired = REQUIRED_GROUPS.includes(kind.group);
    const isBuiltIn = BUILT_IN_GROUPS.includes(kind.group);
    const selection = SELECTIONS.get(kind.kind) ?? EVERYTHING;
    return [{ versions, isRequired, isBuiltIn, selection }];
  });
}
