/**
 * Answers what the API server asks about an object of our kinds, with the same reading as
 * everywhere else. An error refuses the object; what is only worth knowing, or concerns other
 * objects as well, is a warning: those may be mended in any order.
 *
 * Errors that the object had before are no reason to refuse an edit: whoever mends one thing must
 * not be made to mend all. They are warnings, too.
 */

import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { parseTimestamp } from "../../base/parse-timestamp.ts";
import { formatPath, isRecord, nestsDeeper } from "../../base/shape.ts";
import { crossFindings } from "../../crds/lint.ts";
import { NOWHERE } from "../../crds/read-known-fields.ts";
import {
  locateNowhere,
  type ReadObject,
  type ReadOptions,
  readObject,
} from "../../crds/read-object.ts";
import { type JsonValue, YAML_DEPTH_MAX } from "../../crds/yaml-value.ts";
import { type Fields, mapAt } from "../../inject/pod.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import { allow, type Review, type ReviewAnswer } from "../review.ts";
import type { MeshObjects } from "./mesh-objects.ts";

export type ValidationOutcome = "allowed" | "warned" | "denied" | "failed";

export interface ValidationObserver {
  validated(kind: string, outcome: ValidationOutcome, durationMs: number): void;
}

export interface ValidatorOptions {
  readonly readOptions: ReadOptions;
  readonly objects: Pick<MeshObjects, "isComplete" | "beside">;
  readonly observer: ValidationObserver;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is said of one field. */
interface Remark {
  readonly field: string;
  readonly message: string;
  readonly hint: string;
}

export class Validator {
  readonly #options: ValidatorOptions;

  constructor(options: ValidatorOptions) {
    this.#options = options;
  }

  review(review: Review): ReviewAnswer {
    const { clock, observer, log } = this.#options;
    const startMs = clock.nowMs();
    let answer: ReviewAnswer;
    let outcome: ValidationOutcome;
    try {
      answer = this.#answer(review);
      outcome = outcomeOf(answer);
    } catch (cause) {
      // The operator reads it as well, and keeps the version before.
      const { kind, namespace, name } = review;
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      log.error("an object is let through unread", { kind, namespace, name, cause: text });
      answer = allow(["the webhook could not read this object: this is a defect of Heddle"]);
      outcome = "failed";
    }
    observer.validated(review.kind, outcome, clock.nowMs() - startMs);
    return answer;
  }

  #answer(review: Review): ReviewAnswer {
    const { operation, object, oldObject } = review;
    if (operation !== "CREATE" && operation !== "UPDATE") return allow();
    if (!isRecord(object) || isGoing(object)) return allow();
    if (isRecord(oldObject) && isSameSpec(object.spec, oldObject.spec)) return allow();
    const read = this.#read(object);
    if (read === undefined) return allow();
    const errors = read.problems.filter(({ severity }) => severity === "error");
    const remarks = read.problems.filter(({ severity }) => severity !== "error");
    const known = errors.length === 0 ? [] : this.#errorsOf(oldObject);
    const isOld = (error: Remark) => known.some((one) => isSame(one, error));
    const added = errors.filter((error) => !isOld(error));
    const kept = errors.filter(isOld).map((one) => `still wrong: ${format(one)}`);
    const warnings = [...kept, ...remarks.map(format), ...this.#besideOthers(read, object)];
    return added.length === 0 ? allow(warnings) : refuse(added, warnings);
  }

  /** Undefined where it is of no kind that is read here. */
  #read(object: Fields): ReadObject | undefined {
    // It came out of JSON.
    const raw = withoutManagers(object) as JsonValue;
    const source = { raw, location: NOWHERE, locate: locateNowhere(NOWHERE) };
    const result = readObject(source, this.#options.readOptions);
    return result.found === "object" ? result.read : undefined;
  }

  #errorsOf(object: unknown): readonly Remark[] {
    if (!isRecord(object)) return [];
    const problems = this.#read(object)?.problems ?? [];
    return problems.filter(({ severity }) => severity === "error");
  }

  #besideOthers(read: ReadObject, raw: Fields): readonly string[] {
    const { objects } = this.#options;
    if (read.object === null || !objects.isComplete) return [];
    const created = mapAt(raw, "metadata").creationTimestamp;
    const createdAtWallMs =
      (typeof created === "string" ? parseTimestamp(created) : undefined) ??
      this.#options.clock.wallMs();
    const object: IntentObject = { ...read.object, createdAtWallMs };
    return crossFindings(objects.beside(object)).flatMap((finding) => {
      if (finding.object !== object) return [];
      const { path, message, hint } = finding;
      return [format({ field: formatPath(path), message, hint })];
    });
  }
}

/** What nests without end cannot be compared, and is refused, or only named where it was before. */
function isSameSpec(one: unknown, other: unknown): boolean {
  const isDeep = nestsDeeper(one, YAML_DEPTH_MAX) || nestsDeeper(other, YAML_DEPTH_MAX);
  return !isDeep && isDeepStrictEqual(one, other);
}

/** Nobody needs what is about to be gone to be right; it has to get rid of its finalizers. */
function isGoing(object: Fields): boolean {
  return typeof mapAt(object, "metadata").deletionTimestamp === "string";
}

/** Who wrote what is often most of an object. */
function withoutManagers(object: Fields): Fields {
  if (!isRecord(object.metadata)) return object;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function refuse(errors: readonly Remark[], warnings: readonly string[]): ReviewAnswer {
  const texts = errors.map(format);
  const [only = ""] = texts;
  const message =
    texts.length === 1 ? only : `${texts.length} mistakes:\n${texts.map(listed).join("\n")}`;
  const causes = errors.map(({ field, message: text, hint }) => ({
    field,
    message: hint === "" ? text : `${text} (${hint})`,
  }));
  return { allowed: false, message, causes, warnings };
}

function listed(text: string): string {
  return `- ${text}`;
}

function format({ field, message, hint }: Remark): string {
  const subject = field === "" ? "" : `${field}: `;
  return `${subject}${message}${hint === "" ? "" : ` (${hint})`}`;
}

function isSame(a: Remark, b: Remark): boolean {
  return a.field === b.field && a.message === b.message;
}

function outcomeOf(answer: ReviewAnswer): ValidationOutcome {
  if (!answer.allowed) return "denied";
  return answer.warnings.length > 0 ? "warned" : "allowed";
}
