/** Conditions of our own kinds, to the mesh's matches. Fields side by side must all hold. */
import type { Path } from "../base/shape.ts";
import type { ResponseMatch } from "../mesh/destination.ts";
import type { Match, StringMatch } from "../mesh/match.ts";
import type { HeaderMatch, RequestCondition, ResponseCondition } from "./condition-schema.ts";
import type { ReadContext } from "./kind.ts";
import { allOf, readBranches } from "./read-branches.ts";
import { readMethod } from "./read-method.ts";
import { readPathRegex, readRegex } from "./read-regex.ts";

/** The schema unrolls the nesting; to code every level looks like the outermost. */
export function readRequestCondition(
  condition: RequestCondition,
  path: Path,
  context: ReadContext,
): Match {
  const parts: Match[] = [];
  const { method, path: wholePath, pathPrefix, pathRegex } = condition;
  if (method !== undefined) {
    const read = readMethod(method, { parent: path, key: "method" }, context);
    parts.push({ kind: "method", method: read });
  }
  if (wholePath !== undefined) {
    const at = { parent: path, key: "path" };
    if (wholePath.includes("?")) refuseQuery(at, context);
    parts.push({ kind: "path", path: wholePath });
  }
  if (pathPrefix !== undefined) {
    if (pathPrefix.includes("?")) refuseQuery({ parent: path, key: "pathPrefix" }, context);
    parts.push({ kind: "pathPrefix", prefix: pathPrefix });
  }
  if (pathRegex !== undefined) {
    const at = { parent: path, key: "pathRegex" };
    const regex = readPathRegex(pathRegex, "whole", "re2", at, context);
    if (regex !== undefined) parts.push({ kind: "pathRegex", regex });
  }
  const headers = { parent: path, key: "headers" };
  for (const [index, header] of (condition.headers ?? []).entries()) {
    parts.push(...readHeader(header, { parent: headers, key: index }, context));
  }
  const below = (one: RequestCondition, at: Path) => readRequestCondition(one, at, context);
  parts.push(...readBranches(condition, path, below));
  const isEmpty = Object.keys(condition).length === 0 || condition.headers?.length === 0;
  if (isEmpty && parts.length === 0) {
    const hint = 'for every request write pathPrefix: "/"';
    context.error(path, "empty-condition", "asks nothing of a request", hint);
  }
  return allOf(parts);
}

function refuseQuery(path: Path, context: ReadContext): void {
  const message = "holds a query, which is no part of the path: it could never match";
  context.error(path, "bad-path", message, 'leave out the "?" and what follows');
}

function readHeader(header: HeaderMatch, path: Path, context: ReadContext): readonly Match[] {
  const name = header.name.toLowerCase();
  const values: StringMatch[] = [];
  const { exact, prefix, suffix, regex, present } = header;
  if (exact !== undefined) values.push({ kind: "exact", text: exact });
  if (prefix !== undefined) values.push({ kind: "prefix", text: prefix });
  if (suffix !== undefined) values.push({ kind: "suffix", text: suffix });
  if (regex !== undefined) {
    const whole = readRegex(regex, "whole", "re2", { parent: path, key: "regex" }, context);
    if (whole !== undefined) values.push({ kind: "regex", regex: whole });
  }
  if (present === false) {
    if (values.length > 0) {
      const at = { parent: path, key: "present" };
      context.error(at, "contradiction", "a header that is absent has no value to match");
    }
    return [{ kind: "not", of: { kind: "header", name, value: { kind: "present" } } }];
  }
  if (values.length === 0) values.push({ kind: "present" });
  return values.map((value) => ({ kind: "header", name, value }));
}

export function readResponseCondition(
  condition: ResponseCondition,
  path: Path,
  context: ReadContext,
): ResponseMatch {
  const parts: ResponseMatch[] = [];
  if (condition.status !== undefined) {
    parts.push(readStatusRange(condition.status, { parent: path, key: "status" }, context));
  }
  const below = (one: ResponseCondition, at: Path) => readResponseCondition(one, at, context);
  parts.push(...readBranches(condition, path, below));
  if (parts.length === 0) {
    context.error(path, "empty-condition", "asks nothing of an answer", "give it a status");
  }
  return allOf(parts);
}

/** One bound alone means that one status. */
export function readStatusRange(
  range: { readonly min?: number; readonly max?: number },
  path: Path,
  context: ReadContext,
): ResponseMatch {
  const min = range.min ?? range.max;
  const max = range.max ?? range.min;
  if (min === undefined || max === undefined) {
    context.error(path, "empty-range", "has neither min nor max", "give one status, or both ends");
    return { kind: "any", of: [] };
  }
  if (min > max) {
    context.error(path, "empty-range", `min ${min} is above max ${max}`, "swap them");
  }
  return { kind: "status", min, max };
}
