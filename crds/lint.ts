/**
 * Lint: everything that reading finds, and what only shows when all objects are seen together.
 * In files nothing tells which of two objects is meant, so that a conflict is an error here,
 * while a running operator lets one win and says so.
 */
import { formatPath, type Path, ROOT } from "../base/shape.ts";
import type { IntentObject } from "../mesh/intent.ts";
import { type Contest, contests } from "../mesh/precedence.ts";
import type { Problem } from "../mesh/problem.ts";
import type { CrossFinding } from "./cross-finding.ts";
import { referenceFindings } from "./lint-references.ts";
import { sizeFindings } from "./lint-size.ts";
import { readManifestBytes } from "./read-manifests.ts";
import {
  DEFAULT_READ_OPTIONS,
  type Locate,
  objectLabel,
  type ReadObject,
  type ReadOptions,
} from "./read-object.ts";

export interface LintFile {
  /** As it is shown in findings. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

interface LintedObject {
  readonly read: ReadObject;
  readonly locate: Locate;
}

/** Reads all files together and says what is wrong, by file and line. */
export function lintFiles(
  files: readonly LintFile[],
  options: ReadOptions = DEFAULT_READ_OPTIONS,
): readonly Problem[] {
  const problems: Problem[] = [];
  const linted: LintedObject[] = [];
  const notOurs = new Set<string>();
  for (const { file, bytes } of files) {
    const visit = (read: ReadObject, locate: Locate) => linted.push({ read, locate });
    const found = readManifestBytes(bytes, file, options, visit);
    for (const problem of found.problems) {
      // Each kind once over all files, not once for each file.
      if (problem.code === "not-ours" && notOurs.has(problem.object)) continue;
      if (problem.code === "not-ours") notOurs.add(problem.object);
      problems.push(problem);
    }
  }
  problems.push(...linted.flatMap(({ read }) => read.problems));
  problems.push(...crossProblems(linted));
  const places = new Map(files.map(({ file }, index) => [file, index]));
  return problems.sort(
    (a, b) =>
      (places.get(a.file) ?? 0) - (places.get(b.file) ?? 0) ||
      a.line - b.line ||
      a.column - b.column,
  );
}

function crossProblems(linted: readonly LintedObject[]): readonly Problem[] {
  const unique = new Map<string, LintedObject>();
  const problems: Problem[] = [];
  for (const one of linted) {
    const { identity, location } = one.read;
    if (identity.name === "") continue;
    const key = `${identity.group}/${objectLabel(identity)}`;
    const first = unique.get(key);
    if (first === undefined) unique.set(key, one);
    else {
      const at = { parent: { parent: ROOT, key: "metadata" }, key: "name" };
      const { file, line } = first.read.location;
      const place = file === location.file ? `line ${line}` : `${file}:${line}`;
      const message = `is the same object as the one at ${place}`;
      const hint = "only one of them can be in force";
      problems.push(problemAt(one, "error", "duplicate-object", at, message, hint));
    }
  }
  const objects: IntentObject[] = [];
  const byObject = new Map<IntentObject, LintedObject>();
  for (const one of unique.values()) {
    if (one.read.object === null) continue;
    objects.push(one.read.object);
    byObject.set(one.read.object, one);
  }
  const findings = crossFindings(objects);
  for (const { object, severity, code, path, message, hint } of findings) {
    const one = byObject.get(object);
    if (one !== undefined) problems.push(problemAt(one, severity, code, path, message, hint));
  }
  return problems;
}

/** What only shows when all of them are seen together. */
export function crossFindings(objects: readonly IntentObject[]): readonly CrossFinding[] {
  return [
    ...contests(objects).flatMap(contestFindings),
    ...referenceFindings(objects),
    ...sizeFindings(objects),
  ];
}

function problemAt(
  one: LintedObject,
  severity: Problem["severity"],
  code: string,
  path: Path,
  message: string,
  hint: string,
): Problem {
  const { line, column } = one.locate(path, "key");
  const { file } = one.read.location;
  const object = objectLabel(one.read.identity);
  const field = formatPath(path);
  return { severity, code, file, line, column, object, field, message, hint };
}

/** Errors for those that lose; a client's own object over everyone's is intent, and a note. */
function contestFindings(contest: Contest): readonly CrossFinding[] {
  const { winner, losers, overridden, service, clients } = contest;
  const where = `${service.namespace}/${service.name}`;
  const found: CrossFinding[] = [];
  for (const loser of losers) {
    const { field, path } = topicField(contest.topic, loser);
    const message = `${nameOf(winner, loser)} decides ${field} of ${where} already`;
    const hint = "join them into one object, or take one of the two away";
    found.push({ object: loser, severity: "error", code: "conflict", path, message, hint });
  }
  for (const loser of overridden) {
    const { field, path } = topicField(contest.topic, loser);
    const message =
      `clients of namespace ${clients} take ${field} of ${where} ` +
      `from ${nameOf(winner, loser)} instead`;
    found.push({ object: loser, severity: "note", code: "overridden", path, message, hint: "" });
  }
  return found;
}

/**
 * The object, with its place where it stands in a file and that is not obvious, and its group where
 * names are shared.
 */
function nameOf(object: IntentObject, seenFrom: IntentObject): string {
  const { ref, location } = object;
  const group = ref.group === seenFrom.ref.group ? "" : ` of ${ref.group}`;
  if (location.line === 0) return `${objectLabel(ref)}${group}`;
  const file = location.file === seenFrom.location.file ? "line " : `${location.file}:`;
  return `${objectLabel(ref)}${group} (${file}${location.line})`;
}

/** Groups of fields that are claimed under their own name. */
const GROUP_WORDS: Readonly<Record<string, string>> = {
  routes: "the routes",
  loadBalancer: "the balancing",
  circuitBreaker: "the circuit breaking",
  discovery: "the trust in discovery",
  concurrency: "the concurrency",
  opaquePorts: "the opaque ports",
};

/** The field that makes the claim, and the words for what is claimed. */
function topicField(topic: string, object: IntentObject): { field: string; path: Path } {
  const spec = { parent: ROOT, key: "spec" };
  const isSplit = object.intent.type === "split";
  const group = GROUP_WORDS[topic];
  if (group !== undefined) return { field: group, path: { parent: spec, key: topic } };
  if (topic === "retryBudget") {
    const key = object.intent.type === "policy" ? "budget" : "retryBudget";
    return { field: "the retry budget", path: { parent: spec, key } };
  }
  if (topic.startsWith("backends")) {
    const key = isSplit ? "service" : "dstOverrides";
    return { field: "the traffic", path: { parent: spec, key } };
  }
  const route = topic.startsWith("retries of route ") ? topic.slice("retries of ".length) : "";
  const field = route === "" ? "the retrying" : `the retrying of ${route}`;
  return { field, path: { parent: spec, key: "targetRef" } };
}
