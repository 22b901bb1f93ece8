/** Every kind that is read, in one table. Others are named once and left alone. */
import { nearest } from "../base/nearest.ts";
import { shown } from "../base/shape.ts";
import { endpointSliceKind } from "./endpoint-slice/kind.ts";
import type { Kind } from "./kind.ts";
import { linkerdProfileKind } from "./linkerd/kind.ts";
import { retryPolicyKind } from "./retry-policy/kind.ts";
import { serviceKind } from "./service/kind.ts";
import { serviceProfileKind } from "./service-profile/kind.ts";
import { routeGroupKind } from "./smi/route-group.ts";
import { smiSplitKind } from "./smi/split.ts";
import { trafficSplitKind } from "./traffic-split/kind.ts";

export const KINDS: readonly Kind[] = [
  serviceProfileKind,
  trafficSplitKind,
  retryPolicyKind,
  linkerdProfileKind,
  smiSplitKind,
  routeGroupKind,
  serviceKind,
  endpointSliceKind,
];

export type KindLookup =
  | { readonly found: "kind"; readonly kind: Kind; readonly version: string }
  /** Nearly one of ours, and so a mistake. */
  | { readonly found: "mistake"; readonly message: string; readonly hint: string }
  | { readonly found: "not-ours" };

/** `heddle.mesh/v1alpha1` and `ServiceProfile` to the kind, or to what is wrong with them. */
export function lookUpKind(apiVersion: string, kindName: string): KindLookup {
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const inGroup = KINDS.filter((kind) => kind.group === group);
  const kind = inGroup.find((one) => one.kind === kindName);
  if (kind?.versions.includes(version)) return { found: "kind", kind, version };
  if (kind !== undefined) return wrongVersion(kind, apiVersion);
  const nearKind = nearest(
    kindName,
    inGroup.map((one) => one.kind),
  );
  // The core group has names that lie near each other; a slip of one letter is still told.
  const isSlip = nearKind !== undefined && (group !== "" || nearKind.length === kindName.length);
  const message = `unknown kind ${shown(kindName)} in ${shown(apiVersion)}`;
  if (isSlip) return mistake(message, nearKind);
  if (group === "heddle.mesh") {
    const known = inGroup.map((one) => one.kind).join(", ");
    return { found: "mistake", message, hint: `known: ${known}` };
  }
  return groupSlip(group, kindName, apiVersion);
}

function wrongVersion(kind: Kind, apiVersion: string): KindLookup {
  const known = kind.versions.map((version) => joined(kind.group, version));
  const near = nearest(apiVersion, known) ?? known[known.length - 1] ?? "";
  return mistake(`${kind.kind} is not known in the version ${shown(apiVersion)}`, near);
}

/** A kind's name that is ours, in a group that is nearly ours. */
function groupSlip(group: string, kindName: string, apiVersion: string): KindLookup {
  const groups = KINDS.filter((one) => one.kind === kindName).map((one) => one.group);
  const near = group === "" ? undefined : nearest(group, groups);
  if (near === undefined) return { found: "not-ours" };
  return mistake(`unknown group ${shown(group)} in ${shown(apiVersion)}`, near);
}

function mistake(message: string, near: string): KindLookup {
  return { found: "mistake", message, hint: `did you mean "${near}"?` };
}

function joined(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}
