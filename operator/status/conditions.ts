/**
 * From what is known about one object to its conditions. Every condition says in words what is the
 * case, because a person reads it where nothing else is at hand.
 */
import { isHostName } from "../../mesh/endpoint-set.ts";
import type { ServiceIntent } from "../../mesh/intent.ts";
import type { Problem } from "../../mesh/problem.ts";
import type { Condition, ConditionType, Reason } from "../../mesh/status.ts";
import { type ConflictNote, describeRef, type Verdict } from "../index/verdict.ts";
import type { SourceObject } from "../sources/object-source.ts";
import type { ProgrammedCount } from "./programmed-table.ts";

export type ConditionDraft = Omit<Condition, "lastTransitionTime">;

/** Parts of a message that are spelled out; the rest is counted. */
const PARTS_MAX = 5;

export interface Known {
  readonly object: SourceObject;
  /** Undefined for kinds that nothing is compiled from. */
  readonly verdict: Verdict | undefined;
  /** Null when the object has no part in anything that is served. */
  readonly count: ProgrammedCount | null;
}

export function draftConditions({ object, verdict, count }: Known): readonly ConditionDraft[] {
  const generation = object.ref.generation;
  const live = object.live?.ref.generation ?? generation;
  return [
    draft("Accepted", generation, accepted(object)),
    draft("ResolvedRefs", live, resolved(verdict)),
    draft("Conflicted", live, conflicted(verdict)),
    draft("Programmed", live, programmed(object, verdict, count)),
  ];
}

/**
 * Conditions with their times: that of the same condition before where its status is the same.
 * Gives `before` itself back when nothing changed at all.
 */
export function settleConditions(
  before: readonly Condition[],
  drafts: readonly ConditionDraft[],
  now: string,
): readonly Condition[] {
  let same = before.length === drafts.length;
  const settled = drafts.map((next): Condition => {
    const old = before.find(({ type }) => type === next.type);
    const stands =
      old?.status === next.status &&
      old.reason === next.reason &&
      old.message === next.message &&
      old.observedGeneration === next.observedGeneration;
    if (old !== undefined && stands) return old;
    same = false;
    const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : now;
    return { ...next, lastTransitionTime };
  });
  return same ? before : settled;
}

type Finding = readonly [status: Condition["status"], reason: Reason, message: string];

function draft(
  type: ConditionType,
  observedGeneration: number,
  [status, reason, message]: Finding,
): ConditionDraft {
  return { type, status, reason, message, observedGeneration };
}

function accepted({ live, problems }: SourceObject): Finding {
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const unknown = errors.some(({ code }) => code === "unknown-field");
    const still =
      live === null ? "no earlier version is live" : `generation ${live.ref.generation} stays live`;
    const message = `${joinParts(errors.map(problemText))}; ${still}`;
    return ["False", unknown ? "UnknownField" : "Invalid", message];
  }
  const unserved = live?.intent.type === "service" ? unservedName(live.intent) : "";
  if (unserved !== "") return ["True", "NotEnforced", unserved];
  if (live !== null && live.notEnforced.length > 0) {
    return ["True", "NotEnforced", `not enforced yet: ${joinParts(live.notEnforced, ", ")}`];
  }
  return ["True", "Accepted", problems.find(({ code }) => code === "kept")?.message ?? ""];
}

/** Why a service that is another name for a host is not served; empty when it is. */
function unservedName({ externalName, ports }: ServiceIntent): string {
  if (externalName === "") return "";
  if (ports.length === 0) return "a service of type ExternalName is served on the ports it lists";
  if (!isHostName(externalName.replace(/\.$/, "")))
    return `${externalName} is no name that DNS could have`;
  return "";
}

function problemText({ field, message, hint }: Problem): string {
  const about = field === "" ? message : `${field}: ${message}`;
  return hint === "" ? about : `${about} (${hint})`;
}

function resolved(verdict: Verdict | undefined): Finding {
  const references = verdict?.references ?? [];
  const [first] = references;
  if (first === undefined) return ["True", "ResolvedRefs", ""];
  return ["False", first.reason, joinParts(references.map(({ message }) => message))];
}

function conflicted(verdict: Verdict | undefined): Finding {
  const conflicts = verdict?.conflicts ?? [];
  const lost = conflicts.filter(({ clientNamespace }) => clientNamespace === "");
  if (lost.length > 0) return ["True", "Conflicted", joinParts(lost.map(conflictText))];
  if (conflicts.length > 0) return ["False", "Overridden", joinParts(conflicts.map(conflictText))];
  return ["False", "NoConflict", ""];
}

function conflictText({ field, winner, clientNamespace }: ConflictNote): string {
  const where = clientNamespace === "" ? "" : ` for clients in namespace ${clientNamespace}`;
  return `${field} is decided by ${describeRef(winner)}${where}`;
}

function programmed(
  { live }: SourceObject,
  verdict: Verdict | undefined,
  count: ProgrammedCount | null,
): Finding {
  if (live === null) return ["False", "Invalid", "no version of it was accepted"];
  if (count === null) {
    const lost = verdict?.conflicts.find(({ clientNamespace }) => clientNamespace === "");
    if (lost !== undefined) return ["False", "Conflicted", "other objects decide all it says"];
    const [reference] = verdict?.references ?? [];
    if (reference !== undefined) return ["False", reference.reason, reference.message];
    return ["True", "NoSubscribers", "nothing that proxies are sent depends on it"];
  }
  const { subscribed, refused, tooOld } = count;
  if (subscribed === 0) return ["True", "NoSubscribers", "no proxy has asked for it yet"];
  const text = `live on ${count.programmed} of ${subscribed} proxies`;
  if (count.programmed === subscribed) return ["True", "Programmed", text];
  if (refused !== null) return ["False", "Rejected", `${text}; ${refused}`];
  if (tooOld !== null) return ["False", "ProxyTooOld", `${text}; ${tooOld}`];
  return ["False", "Pending", text];
}

function joinParts(parts: readonly string[], separator = "; "): string {
  const shown = parts.slice(0, PARTS_MAX).join(separator);
  return parts.length > PARTS_MAX ? `${shown} and ${parts.length - PARTS_MAX} more` : shown;
}
