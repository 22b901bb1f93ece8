/**
 * Conditions of Linkerd's profiles. Their documents ask for one field in each, and their code
 * takes several and wants them all to hold: so it is here. `all` of nothing is true, `any` of
 * nothing false.
 */
import type { Path } from "../../base/shape.ts";
import type { ResponseMatch } from "../../mesh/destination.ts";
import { MATCH_DEPTH_MAX, type Match } from "../../mesh/match.ts";
import type { ReadContext } from "../kind.ts";
import { allOf, readBranches } from "../read-branches.ts";
import { readStatusRange } from "../read-condition.ts";
import { readPathRegex } from "../read-regex.ts";
import type { LinkerdRequestMatch, LinkerdResponseMatch } from "./schema.ts";

/** Each level of theirs makes at most two of ours: the fields together, and the branch. */
const LEVELS_MAX = MATCH_DEPTH_MAX / 2 - 1;

export function readLinkerdRequestMatch(
  condition: LinkerdRequestMatch,
  path: Path,
  context: ReadContext,
  level = 0,
): Match {
  if (level >= LEVELS_MAX) return tooDeep(path, context);
  const parts: Match[] = [];
  const { method, pathRegex } = condition;
  const below = (one: LinkerdRequestMatch, at: Path) =>
    readLinkerdRequestMatch(one, at, context, level + 1);
  if (method !== undefined) parts.push({ kind: "method", method: method.toUpperCase() });
  if (pathRegex !== undefined) {
    const at = { parent: path, key: "pathRegex" };
    const regex = readPathRegex(pathRegex.trim(), "each-end", "rust", at, context);
    if (regex !== undefined) parts.push({ kind: "pathRegex", regex });
  }
  parts.push(...readBranches(condition, path, below));
  if (Object.keys(condition).length === 0) {
    context.error(path, "empty-condition", "asks nothing of a request", "give it a pathRegex");
  }
  return allOf(parts);
}

export function readLinkerdResponseMatch(
  condition: LinkerdResponseMatch,
  path: Path,
  context: ReadContext,
  level = 0,
): ResponseMatch {
  if (level >= LEVELS_MAX) return tooDeep(path, context);
  const parts: ResponseMatch[] = [];
  const { status } = condition;
  const below = (one: LinkerdResponseMatch, at: Path) =>
    readLinkerdResponseMatch(one, at, context, level + 1);
  if (status !== undefined) {
    parts.push(readStatusRange(status, { parent: path, key: "status" }, context));
  }
  parts.push(...readBranches(condition, path, below));
  if (Object.keys(condition).length === 0) {
    context.error(path, "empty-condition", "asks nothing of an answer", "give it a status");
  }
  return allOf(parts);
}

function tooDeep(path: Path, context: ReadContext): { kind: "any"; of: [] } {
  const message = `nests deeper than ${LEVELS_MAX} levels`;
  context.error(path, "too-deep", message, "flatten the condition");
  return { kind: "any", of: [] };
}
