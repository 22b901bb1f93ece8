/**
 * Conditions of Linkerd's profiles. Their documents ask for one field in each, and their code
 * takes several and wants them all to hold: so it is here. `all` of nothing is true, `any` of
 * nothing false.
 */
import type { Path } from "../../base/shape.ts";
import type { ResponseMatch } from "../../mesh/destination.ts";
import { MATCH_DEPTH_MAX, type Match } from "../../mesh/match.ts";
import type { ReadContext } from "../kind.ts";
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
  const { method, pathRegex, all, any, not } = condition;
  const below = (one: LinkerdRequestMatch, parent: Path, key: string | number) =>
    readLinkerdRequestMatch(one, { parent, key }, context, level + 1);
  if (method !== undefined) parts.push({ kind: "method", method: method.toUpperCase() });
  if (pathRegex !== undefined) {
    const at = { parent: path, key: "pathRegex" };
    const regex = readPathRegex(pathRegex.trim(), "each-end", "rust", at, context);
    if (regex !== undefined) parts.push({ kind: "pathRegex", regex });
  }
  const allPath = { parent: path, key: "all" };
  const anyPath = { parent: path, key: "any" };
  if (all !== undefined) {
    parts.push({ kind: "all", of: all.map((one, index) => below(one, allPath, index)) });
  }
  if (any !== undefined) {
    parts.push({ kind: "any", of: any.map((one, index) => below(one, anyPath, index)) });
  }
  if (not !== undefined) parts.push({ kind: "not", of: below(not, path, "not") });
  if (Object.keys(condition).length === 0) {
    context.error(path, "empty-condition", "asks nothing of a request", "give it a pathRegex");
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "all", of: parts };
}

export function readLinkerdResponseMatch(
  condition: LinkerdResponseMatch,
  path: Path,
  context: ReadContext,
  level = 0,
): ResponseMatch {
  if (level >= LEVELS_MAX) return tooDeep(path, context);
  const parts: ResponseMatch[] = [];
  const { status, all, any, not } = condition;
  const below = (one: LinkerdResponseMatch, parent: Path, key: string | number) =>
    readLinkerdResponseMatch(one, { parent, key }, context, level + 1);
  if (status !== undefined) {
    parts.push(readStatusRange(status, { parent: path, key: "status" }, context));
  }
  const allPath = { parent: path, key: "all" };
  const anyPath = { parent: path, key: "any" };
  if (all !== undefined) {
    parts.push({ kind: "all", of: all.map((one, index) => below(one, allPath, index)) });
  }
  if (any !== undefined) {
    parts.push({ kind: "any", of: any.map((one, index) => below(one, anyPath, index)) });
  }
  if (not !== undefined) parts.push({ kind: "not", of: below(not, path, "not") });
  if (Object.keys(condition).length === 0) {
    context.error(path, "empty-condition", "asks nothing of an answer", "give it a status");
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "all", of: parts };
}

function tooDeep(path: Path, context: ReadContext): { kind: "any"; of: [] } {
  const message = `nests deeper than ${LEVELS_MAX} levels`;
  context.error(path, "too-deep", message, "flatten the condition");
  return { kind: "any", of: [] };
}
