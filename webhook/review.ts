/**
 * What an API server asks before it takes an object, and what it is answered: AdmissionReview of
 * `admission.k8s.io/v1`, as Kubernetes defines it.
 */
import { isRecord } from "../base/shape.ts";
import type { PatchOperation } from "../inject/create-patch.ts";

const API_VERSION = "admission.k8s.io/v1";

/** The API server cuts warnings that are longer together than it likes to show. */
const WARNINGS_MAX = 12;
const WARNING_CHARS_MAX = 300;

export interface Review {
  readonly uid: string;
  /** `CREATE`, `UPDATE`, `DELETE` … */
  readonly operation: string;
  /** Of the object as it is sent. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  /** Empty where the API server is yet to make one up. */
  readonly name: string;
  /** Nothing will come of it, and nothing may be done because of it. */
  readonly isDryRun: boolean;
  readonly object: unknown;
  /** Null when it is new. */
  readonly oldObject: unknown;
}

/** One mistake, for programs that show it beside its field. */
export interface RefusalCause {
  readonly field: string;
  readonly message: string;
}

export interface Refusal {
  readonly allowed: false;
  readonly message: string;
  readonly causes: readonly RefusalCause[];
  readonly warnings: readonly string[];
}

export type ReviewAnswer =
  | {
      readonly allowed: true;
      /** Empty: as it is. */
      readonly patch: readonly PatchOperation[];
      readonly warnings: readonly string[];
    }
  | Refusal;

export function allow(
  warnings: readonly string[] = [],
  patch: readonly PatchOperation[] = [],
): ReviewAnswer {
  return { allowed: true, patch, warnings };
}

/** Or what keeps it from being one, for the log. */
export function parseReview(value: unknown): Review | string {
  if (!isRecord(value) || value.kind !== "AdmissionReview") return "is no AdmissionReview";
  if (value.apiVersion !== API_VERSION) return `is not of ${API_VERSION}`;
  const { request } = value;
  if (!isRecord(request)) return "has no request";
  const { uid, operation, kind, namespace, name } = request;
  if (typeof uid !== "string" || uid === "") return "has no uid";
  if (typeof operation !== "string" || !isRecord(kind)) return "names no operation or no kind";
  return {
    uid,
    operation,
    group: textOr(kind.group),
    version: textOr(kind.version),
    kind: textOr(kind.kind),
    namespace: textOr(namespace),
    name: textOr(name),
    isDryRun: request.dryRun === true,
    object: request.object ?? null,
    oldObject: request.oldObject ?? null,
  };
}

/** JSON. */
export function formatAnswer(review: Review, answer: ReviewAnswer): string {
  const warnings = shownWarnings(answer.warnings);
  const response = {
    uid: review.uid,
    allowed: answer.allowed,
    ...(answer.allowed ? patchFields(answer.patch) : { status: refusal(review, answer) }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
  return JSON.stringify({ apiVersion: API_VERSION, kind: "AdmissionReview", response });
}

function patchFields(patch: readonly PatchOperation[]): object {
  if (patch.length === 0) return {};
  const encoded = Buffer.from(JSON.stringify(patch)).toString("base64");
  return { patchType: "JSONPatch", patch: encoded };
}

/** As the API server words what it refuses itself: kubectl then shows the causes line by line. */
function refusal({ group, kind, name }: Review, { message, causes }: Refusal): object {
  const found = causes.map((cause) => ({ reason: "FieldValueInvalid", ...cause }));
  return {
    status: "Failure",
    code: 422,
    reason: "Invalid",
    message,
    ...(found.length === 0 ? {} : { details: { group, kind, name, causes: found } }),
  };
}

function shownWarnings(warnings: readonly string[]): readonly string[] {
  const shown = warnings.slice(0, WARNINGS_MAX).map(cut);
  const left = warnings.length - shown.length;
  return left === 0 ? shown : [...shown, `and ${left} more of this kind`];
}

function cut(text: string): string {
  return text.length > WARNING_CHARS_MAX ? `${text.slice(0, WARNING_CHARS_MAX)}…` : text;
}

function textOr(value: unknown): string {
  return typeof value === "string" ? value : "";
}
