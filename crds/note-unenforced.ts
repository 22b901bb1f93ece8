/**
 * Says which fields are accepted and do nothing yet. Each kind has one table of them, so that
 * nothing is ignored in silence, and so that the documentation can be made from the same table.
 */
import { isRecord, type Path } from "../base/shape.ts";
import type { ReadContext } from "./kind.ts";

/**
 * Fields below `spec`, as `routes[].mirror`. With `=value` only that value, with `!=value` every
 * other one: `loadBalancer.policy!=peak-ewma`.
 */
export type UnenforcedFields = readonly string[];

/** Notes each field of the table that is there, wherever its lists have entries. */
export function noteUnenforced(
  spec: unknown,
  path: Path,
  fields: UnenforcedFields,
  context: ReadContext,
): void {
  for (const field of fields) {
    const [place = "", sign = "", word = ""] = field.split(/(!?=)/);
    const applies = (value: unknown) => sign === "" || (String(value) === word) === (sign === "=");
    noteAt(spec, place.split("."), applies, path, context);
  }
}

function noteAt(
  value: unknown,
  steps: readonly string[],
  applies: (value: unknown) => boolean,
  path: Path,
  context: ReadContext,
): void {
  const [step, ...rest] = steps;
  if (step === undefined) {
    if (applies(value)) context.notEnforced(path);
    return;
  }
  const isList = step.endsWith("[]");
  const key = isList ? step.slice(0, -2) : step;
  if (!isRecord(value) || value[key] === undefined) return;
  const inner = value[key];
  const at = { parent: path, key };
  if (!isList) noteAt(inner, rest, applies, at, context);
  if (!isList || !Array.isArray(inner)) return;
  for (const [index, item] of inner.entries()) {
    noteAt(item, rest, applies, { parent: at, key: index }, context);
  }
}
