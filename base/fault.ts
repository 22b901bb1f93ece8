/**
 * Every way in which the mesh itself can fail an exchange. The set is closed: metrics, logs and
 * the answer to the caller all follow from the code by the one table below, so that no two places
 * can disagree about what a failure means.
 */
export const FAULTS = {
  "bad-request": fault(400, "downstream", "no", "debug", "mend the request's syntax or framing"),
  "head-timeout": fault(408, "downstream", "no", "debug", "send the request's head faster"),
  "body-timeout": fault(408, "downstream", "no", "debug", "send the request's body faster"),
  "head-too-large": fault(431, "downstream", "no", "info", "send fewer or shorter header fields"),
  "target-too-long": fault(414, "downstream", "no", "info", "send a shorter target"),
  "unsupported-coding": fault(501, "downstream", "no", "debug", "use chunked or a content-length"),
  "unsupported-version": fault(505, "downstream", "no", "debug", "use HTTP/1.1 or HTTP/1.0"),
  "connect-not-allowed": fault(
    405,
    "downstream",
    "no",
    "info",
    "send CONNECT to an outbound proxy",
  ),
  "client-gone": fault(499, "downstream", "no", "debug", "the caller closed the connection"),
  "unknown-service": fault(404, "downstream", "no", "info", "name a service that the mesh knows"),
  "no-config": fault(503, "self", "yes", "warn", "check that the operator can be reached"),
  "no-endpoints": fault(
    503,
    "upstream",
    "yes",
    "warn",
    "check that the service has ready endpoints",
  ),
  "backend-invalid": fault(500, "self", "no", "warn", "mend the object that names this backend"),
  "connect-failed": fault(502, "upstream", "yes", "warn", "check that the endpoint listens"),
  "connect-timeout": fault(504, "upstream", "yes", "warn", "check the network to the endpoint"),
  "connection-lost": fault(
    502,
    "upstream",
    "if-idempotent",
    "warn",
    "find out why the endpoint closes early",
  ),
  "upstream-protocol": fault(
    502,
    "upstream",
    "no",
    "warn",
    "check that the endpoint speaks valid HTTP/1",
  ),
  "request-timeout": fault(
    504,
    "self",
    "no",
    "info",
    "find what is slow, or raise timeouts.request",
  ),
  "response-timeout": fault(
    504,
    "upstream",
    "if-idempotent",
    "info",
    "find what is slow, or raise timeouts.response",
  ),
  "per-try-timeout": fault(
    504,
    "upstream",
    "if-idempotent",
    "info",
    "find what is slow, or raise the policy's perTryTimeout",
  ),
  "idle-timeout": fault(
    504,
    "upstream",
    "no",
    "info",
    "find what stands still, or raise timeouts.idle",
  ),
  "deadline-exceeded": fault(
    504,
    "downstream",
    "no",
    "info",
    "give it more time, or find what is slow",
  ),
  "app-unreachable": fault(502, "upstream", "yes", "warn", "check that the application listens"),
  "loop-detected": fault(508, "self", "no", "error", "name a service, not this proxy"),
  overloaded: fault(503, "self", "yes", "warn", "the limit is reached: slow down or add capacity"),
  "rate-limited": fault(
    429,
    "downstream",
    "no",
    "info",
    "send less often, or raise the route's rateLimit",
  ),
  "abort-injected": fault(503, "self", "no", "debug", "remove faults.abort from the route"),
  draining: fault(503, "self", "yes", "info", "send it again: another proxy will take it"),
  internal: fault(500, "self", "no", "error", "this is a defect of the proxy: report it"),
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof FAULTS;

/** Whose fault it is: the caller's side, the endpoint's side, or the mesh's own. */
export type FaultSide = "downstream" | "upstream" | "self";

/** Whether the same request may be tried again: never, only if idempotent, or always. */
export type FaultRetry = "no" | "if-idempotent" | "yes";

export type FaultLevel = "debug" | "info" | "warn" | "error";

export interface FaultRow {
  /** HTTP status of the answer. 499 is never sent: nobody is there to read it. */
  readonly status: number;
  readonly side: FaultSide;
  readonly retry: FaultRetry;
  readonly level: FaultLevel;
  /** One line for whoever reads the answer: what to do. */
  readonly hint: string;
}

function fault(
  status: number,
  side: FaultSide,
  retry: FaultRetry,
  level: FaultLevel,
  hint: string,
): FaultRow {
  return { status, side, retry, level, hint };
}

export const FAULT_CODES: readonly FaultCode[] = Object.keys(FAULTS).filter(isFaultCode);

export function isFaultCode(text: string): text is FaultCode {
  return Object.hasOwn(FAULTS, text);
}

/** What a failure's answer tells beside what its code does. */
export interface FaultAnswer {
  /** In place of the table's; 0 leaves it. */
  readonly status: number;
  /** Whole seconds of `Retry-After`; 0 says nothing. */
  readonly retryAfterSeconds: number;
}

const PLAIN_ANSWER: FaultAnswer = { status: 0, retryAfterSeconds: 0 };

/**
 * One failure. Deliberately not an `Error`: it is made on the request path, where capturing a
 * stack would cost more than the request.
 */
export class Fault {
  readonly code: FaultCode;
  /** What happened, for logs and the answer's text. Never holds bytes from a peer unescaped. */
  readonly detail: string;
  readonly cause: unknown;
  readonly answer: FaultAnswer;

  constructor(
    code: FaultCode,
    detail = "",
    cause: unknown = undefined,
    answer: FaultAnswer = PLAIN_ANSWER,
  ) {
    this.code = code;
    this.detail = detail;
    this.cause = cause;
    this.answer = answer;
  }

  get status(): number {
    return this.answer.status === 0 ? FAULTS[this.code].status : this.answer.status;
  }

  get side(): FaultSide {
    return FAULTS[this.code].side;
  }

  get retry(): FaultRetry {
    return FAULTS[this.code].retry;
  }

  get level(): FaultLevel {
    return FAULTS[this.code].level;
  }

  get hint(): string {
    return FAULTS[this.code].hint;
  }
}
