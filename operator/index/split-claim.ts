/**
 * The traffic that a split claims: all of the service's, or what any of its matches matches, with
 * the groups that it names looked up. A split whose group is missing takes no traffic at all:
 * guessing at what the group would have said could send anything anywhere.
 */
import type { ObjectRef } from "../../mesh/destination.ts";
import type { SplitIntent } from "../../mesh/intent.ts";
import type { Match } from "../../mesh/match.ts";
import type { ObjectOf, ServiceInputs } from "./object-view.ts";
import type { Verdicts } from "./verdict.ts";

export interface SplitClaim {
  readonly split: ObjectOf<SplitIntent>;
  /** Null when it claims everything. */
  readonly match: Match | null;
  /** Route groups that the match was taken from. */
  readonly groups: readonly ObjectRef[];
}

/** Undefined when a group or a match that it names does not exist. */
export function splitClaim(
  split: ObjectOf<SplitIntent>,
  inputs: ServiceInputs,
  verdicts: Verdicts,
): SplitClaim | undefined {
  const matches: Match[] = [];
  const groups = new Map<string, ObjectRef>();
  let missing = false;
  const report = (message: string): void => {
    missing = true;
    const effect = "this split takes no traffic until it does";
    verdicts.reference(split.ref, "RouteGroupNotFound", `${message}: ${effect}`);
  };
  for (const wanted of split.intent.matches) {
    if (wanted.kind === "match") {
      matches.push(wanted.match);
      continue;
    }
    const { namespace } = split.ref;
    const group = inputs.routeGroup(namespace, wanted.group);
    if (group === undefined) {
      report(`HTTPRouteGroup ${namespace}/${wanted.group} does not exist`);
      continue;
    }
    groups.set(wanted.group, group.ref);
    for (const { name, match } of group.intent.matches) {
      if (wanted.names.length === 0 || wanted.names.includes(name)) matches.push(match);
    }
    for (const name of wanted.names) {
      if (group.intent.matches.some((match) => match.name === name)) continue;
      report(`HTTPRouteGroup ${namespace}/${wanted.group} has no match named "${name}"`);
    }
  }
  if (missing) return undefined;
  const everything = split.intent.matches.length === 0;
  return {
    split,
    match: everything ? null : anyOf(matches),
    groups: [...groups.values()],
  };
}

/**
 * Whether two splits claim the same traffic: both all of it, or both by the same matches. Matches
 * that merely can meet in one request are in order: the split that ranks first gets it.
 */
export function claimsOverlap(a: SplitClaim, b: SplitClaim): boolean {
  if (a.match === null || b.match === null) return a.match === b.match;
  return JSON.stringify(a.split.intent.matches) === JSON.stringify(b.split.intent.matches);
}

function anyOf(matches: readonly Match[]): Match {
  const [only] = matches;
  return matches.length === 1 && only !== undefined ? only : { kind: "any", of: matches };
}
