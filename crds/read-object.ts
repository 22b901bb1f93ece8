/**
 * One object, already plain values, to what it means: the same for files, a state folder and a
 * cluster. Everything that is wrong with it is reported, and nothing half right is returned.
 */

import { nearest } from "../base/nearest.ts";
import {
  formatPath,
  isRecord,
  nestsDeeper,
  type Path,
  ROOT,
  shown,
  unknownKey,
} from "../base/shape.ts";
import type { IntentObject, Location } from "../mesh/intent.ts";
import type { Problem } from "../mesh/problem.ts";
import type { ReadContext } from "./kind.ts";
import { lookUpKind } from "./kinds.ts";
import { validateObjectMetadata } from "./metadata.gen.ts";
import { type Finding, readAround } from "./read-around.ts";
import { type JsonValue, YAML_DEPTH_MAX } from "./yaml-value.ts";

export const DEFAULT_NAMESPACE = "default";

export interface ReadOptions {
  readonly clusterDomain: string;
  /** For objects that name none. */
  readonly defaultNamespace: string;
}

export const DEFAULT_READ_OPTIONS: ReadOptions = {
  clusterDomain: "cluster.local",
  defaultNamespace: DEFAULT_NAMESPACE,
};

export interface ObjectIdentity {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One object as it was read, whether it could be used or not. */
export interface ReadObject {
  readonly identity: ObjectIdentity;
  readonly apiVersion: string;
  readonly location: Location;
  /** As written, in plain values, so that it can be kept and read again. */
  readonly raw: JsonValue;
  /** An error among them means that `object` is null, and the last good version should live on. */
  readonly problems: readonly Problem[];
  readonly object: IntentObject | null;
}

/** Where an object's fields stand. `wanted` says whether the key or its value is meant. */
export type Locate = (path: Path, wanted: "key" | "value") => { line: number; column: number };

export interface ObjectSource {
  readonly raw: JsonValue;
  readonly location: Location;
  readonly locate: Locate;
}

export type ReadResult =
  | { readonly found: "object"; readonly read: ReadObject }
  /** Not of a kind that is read here; `label` names the kind. */
  | { readonly found: "not-ours"; readonly label: string };

/** No name is longer; what is given as one may be as long as a file. */
const NAME_CHARS_MAX = 253;

/** The text by which people know an object: `ServiceProfile shop/web`. */
export function objectLabel({ kind, namespace, name }: ObjectIdentity): string {
  const cut = (part: string) => part.slice(0, NAME_CHARS_MAX);
  return `${cut(kind)} ${cut(namespace)}/${cut(name)}`;
}

/** For objects that stand in no file: a cluster's, or the state folder's. */
export function locateNowhere(location: Location): Locate {
  return () => ({ line: location.line, column: location.column });
}

/** Reads one object. Lists are the caller's to unwrap. */
export function readObject(source: ObjectSource, options: ReadOptions): ReadResult {
  const { raw } = source;
  const fields = isRecord(raw) ? raw : {};
  const apiVersion = typeof fields.apiVersion === "string" ? fields.apiVersion : "";
  const kindName = typeof fields.kind === "string" ? fields.kind : "";
  const identity = identityOf(fields, apiVersion, kindName, options);
  const findings = new Findings(source, identity);
  if (!isRecord(raw)) {
    findings.error(ROOT, "not-an-object", "must be a map with apiVersion, kind and metadata");
  } else if (nestsDeeper(raw, YAML_DEPTH_MAX)) {
    // Whatever walks over an object later may do so by recursion.
    findings.error(ROOT, "too-deep", `nests deeper than ${YAML_DEPTH_MAX} levels`);
  } else if (kindName === "" || apiVersion === "") {
    const missing = kindName === "" ? "kind" : "apiVersion";
    const path = { parent: ROOT, key: missing };
    const message =
      fields[missing] === undefined ? `"${missing}" is required` : `"${missing}" must be text`;
    findings.error(path, "required", message, hintForMissing(fields, missing));
  } else {
    const found = lookUpKind(apiVersion, kindName);
    if (found.found === "not-ours") {
      return { found: "not-ours", label: `${shown(kindName)} (${shown(apiVersion)})` };
    }
    if (found.found === "mistake") {
      findings.error({ parent: ROOT, key: "kind" }, "unknown-kind", found.message, found.hint);
    } else {
      const intent = readFields(found, fields, identity, findings, options);
      if (intent !== null && !findings.failed) {
        const object: IntentObject = {
          ref: { ...identity, generation: 1 },
          apiVersion,
          location: source.location,
          intent,
          notEnforced: findings.notEnforcedFields,
        };
        return result(source, identity, apiVersion, findings, object);
      }
    }
  }
  return result(source, identity, apiVersion, findings, null);
}

function hintForMissing(fields: Readonly<Record<string, unknown>>, missing: string): string {
  const wanted = missing.toLowerCase();
  const written = Object.keys(fields).find((key) => key.toLowerCase() === wanted);
  return written === undefined || written === missing
    ? "every object has apiVersion, kind and metadata"
    : `write "${missing}", not ${shown(written)}`;
}

function result(
  source: ObjectSource,
  identity: ObjectIdentity,
  apiVersion: string,
  findings: Findings,
  object: IntentObject | null,
): ReadResult {
  const { raw, location } = source;
  const problems = findings.problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { found: "object", read: { identity, apiVersion, location, raw, problems, object } };
}

function readFields(
  found: Extract<ReturnType<typeof lookUpKind>, { found: "kind" }>,
  fields: Readonly<Record<string, unknown>>,
  identity: ObjectIdentity,
  findings: Findings,
  options: ReadOptions,
) {
  const { kind, version } = found;
  const report = findings.error.bind(findings);
  const known = ["apiVersion", "kind", "metadata", ...kind.keys(version)];
  for (const key of Object.keys(fields)) {
    if (findings.isFull) return null;
    if (!known.includes(key)) unknownKey(ROOT, key, known, [], report);
  }
  const path = { parent: ROOT, key: "metadata" };
  if (fields.metadata === undefined) {
    findings.error(path, "required", '"metadata" is required', 'add "metadata" with a "name"');
    return null;
  }
  const { metadata } = fields;
  const { clusterDomain } = options;
  const context: ReadContext = {
    clusterDomain,
    error: report,
    warning: findings.warning.bind(findings),
    note: findings.note.bind(findings),
    notEnforced: findings.notEnforced.bind(findings),
  };
  if (!validateObjectMetadata(metadata, report, path)) return null;
  const { namespace } = identity;
  const intent = kind.read({ version, metadata, namespace, body: fields }, context);
  if (!findings.failed) return intent;
  if (findings.isFull) return null;
  readAround(fields, findings.errors, (body, isNew) => {
    if (!isRecord(body)) return;
    const quiet = () => {};
    const error: ReadContext["error"] = (at, code, message, hint) => {
      const original = isNew({ path: at, code });
      if (original !== undefined) findings.error(original, code, message, hint);
    };
    const again = { clusterDomain, error, warning: quiet, note: quiet, notEnforced: quiet };
    kind.read({ version, metadata, namespace, body }, again);
  });
  return null;
}

function identityOf(
  fields: Readonly<Record<string, unknown>>,
  apiVersion: string,
  kind: string,
  options: ReadOptions,
): ObjectIdentity {
  const metadata = isRecord(fields.metadata) ? fields.metadata : {};
  const slash = apiVersion.indexOf("/");
  return {
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    kind,
    namespace:
      typeof metadata.namespace === "string" ? metadata.namespace : options.defaultNamespace,
    name: typeof metadata.name === "string" ? metadata.name : "",
  };
}

/** One object cannot bury the rest of a report. */
const PROBLEMS_PER_OBJECT_MAX = 50;

/** Gathers what is said about one object. */
class Findings {
  readonly problems: Problem[] = [];
  readonly notEnforcedFields: string[] = [];
  readonly errors: Finding[] = [];
  readonly #source: ObjectSource;
  readonly #object: string;

  constructor(source: ObjectSource, identity: ObjectIdentity) {
    this.#source = source;
    this.#object = identity.kind === "" ? "" : objectLabel(identity);
  }

  /** More would not be shown. */
  get isFull(): boolean {
    return this.problems.length >= PROBLEMS_PER_OBJECT_MAX;
  }

  get failed(): boolean {
    return this.errors.length > 0;
  }

  error(path: Path, code: string, message: string, hint = ""): void {
    // What is misspelt was named already, with how it is spelt: it is not missing as well.
    const isMisspelt = code === "required" && this.errors.some((one) => isSlipFor(one, path));
    this.errors.push({ path, code });
    if (!isMisspelt) this.#add("error", path, code, message, hint);
  }

  warning(path: Path, code: string, message: string, hint = ""): void {
    this.#add("warning", path, code, message, hint);
  }

  note(path: Path, code: string, message: string, hint = ""): void {
    this.#add("note", path, code, message, hint);
  }

  notEnforced(path: Path): void {
    this.notEnforcedFields.push(formatPath(path));
    const message = "is accepted, and not enforced yet";
    this.#add("note", path, "not-enforced", message, "");
  }

  #add(
    severity: Problem["severity"],
    path: Path,
    code: string,
    message: string,
    hint: string,
  ): void {
    if (this.problems.length >= PROBLEMS_PER_OBJECT_MAX) return;
    const aboutKey = code === "unknown-field" || code === "too-deep" || code === "not-enforced";
    const { line, column } = this.#source.locate(path, aboutKey ? "key" : "value");
    const { file } = this.#source.location;
    const field = formatPath(path);
    this.problems.push({
      severity,
      code,
      file,
      line,
      column,
      object: this.#object,
      field,
      message,
      hint,
    });
  }
}

/** Whether an unknown field stands where `wanted` is missing, and looks much like it. */
function isSlipFor({ path, code }: Finding, wanted: Path): boolean {
  if (code !== "unknown-field") return false;
  const isBeside = formatPath(path.parent ?? ROOT) === formatPath(wanted.parent ?? ROOT);
  return isBeside && nearest(String(path.key), [String(wanted.key)]) !== undefined;
}
