/**
 * What an API server says when it does not do what it was asked, and what we say when it does not
 * answer at all: one error, so that its readers look at `status` and `reason` and nowhere else.
 */
import { isRecord } from "../base/shape.ts";

/** Longer waits are not believed. */
const RETRY_AFTER_MAX_MS = 5 * 60_000;
const MESSAGE_CHARS_MAX = 1_000;
const MANAGER_CONFLICTS_MAX = 10;

export class KubeError extends Error {
  override readonly name = "KubeError";
  /** 0 when no answer came. */
  readonly status: number;
  /** `NotFound`, `Expired` … as the API server words it, or one of `OWN_REASONS`. */
  readonly reason: string;
  /** What the server asked for; 0 when it asked for nothing. */
  readonly retryAfterMs: number;
  /** Of an apply that was not forced: whose fields it would take, as the server words it. */
  readonly managerConflicts: readonly string[];

  constructor(options: {
    readonly status: number;
    readonly reason: string;
    readonly message: string;
    readonly retryAfterMs?: number;
    readonly managerConflicts?: readonly string[];
    readonly cause?: unknown;
  }) {
    super(options.message, { cause: options.cause });
    this.status = options.status;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.managerConflicts = options.managerConflicts ?? [];
  }

  /** The version that was asked for is no longer kept: everything has to be read anew. */
  get isExpired(): boolean {
    return this.status === 410 || this.reason === "Expired" || this.reason === "Gone";
  }
}

/** What we find ourselves, beside the reasons that the API server has. */
export const OWN_REASONS = {
  /** No connection, or it broke. */
  unreachable: "Unreachable",
  /** Nothing was heard for too long. */
  silent: "Silent",
  /** The answer is none that an API server gives. */
  malformed: "Malformed",
} as const;

export function malformed(message: string, cause?: unknown): KubeError {
  return new KubeError({ status: 0, reason: OWN_REASONS.malformed, message, cause });
}

/** From the answer's status line and body, whatever they hold. */
export function parseErrorAnswer(
  status: number,
  body: string,
  retryAfter: string | undefined,
): KubeError {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // A proxy in between answers in its own words.
    value = undefined;
  }
  const told = parseStatus(value);
  const message = told?.message ?? body.trim();
  return new KubeError({
    status,
    reason: told?.reason ?? "",
    message: message === "" ? `the API server answered ${status}` : cut(message),
    retryAfterMs: Math.max(parseRetryAfterMs(retryAfter), told?.retryAfterMs ?? 0),
    managerConflicts: told?.managerConflicts ?? [],
  });
}

/** The `Status` object in which watches tell of errors, too; undefined when it is none. */
export function parseStatus(value: unknown): KubeError | undefined {
  if (!isRecord(value) || value.kind !== "Status") return undefined;
  const { code, reason, message, details } = value;
  const seconds = isRecord(details) ? details.retryAfterSeconds : undefined;
  return new KubeError({
    status: typeof code === "number" ? code : 0,
    reason: typeof reason === "string" ? cut(reason) : "",
    message: typeof message === "string" && message !== "" ? cut(message) : "it did not say why",
    retryAfterMs: typeof seconds === "number" ? boundedMs(seconds) : 0,
    managerConflicts: parseManagerConflicts(isRecord(details) ? details.causes : undefined),
  });
}

/** `conflict with "kubectl-edit" with subresource "status" using …`, each once. */
function parseManagerConflicts(causes: unknown): readonly string[] {
  const all = Array.isArray(causes) ? causes.filter(isRecord) : [];
  const conflicts = all.filter(({ reason }) => reason === "FieldManagerConflict");
  const messages = conflicts.map(({ message }) => (typeof message === "string" ? message : ""));
  return [...new Set(messages)].slice(0, MANAGER_CONFLICTS_MAX).map(cut);
}

/** RFC 9110, section 10.2.3, in seconds; API servers never send the other form, a date. */
function parseRetryAfterMs(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? boundedMs(Number(text)) : 0;
}

function boundedMs(seconds: number): number {
  return seconds > 0 ? Math.min(RETRY_AFTER_MAX_MS, seconds * 1000) : 0;
}

function cut(text: string): string {
  return text.length > MESSAGE_CHARS_MAX ? `${text.slice(0, MESSAGE_CHARS_MAX)}…` : text;
}
