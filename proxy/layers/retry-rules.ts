/**
 * Which failures of a try are worth another one, compiled from a route's policy. Two questions are
 * kept apart: whether another try is wanted, and whether it can do harm. It cannot when not one
 * byte reached an application; otherwise the method must be idempotent (RFC 9110 section 9.2.2), or
 * somebody must have said that this request may be repeated.
 */
import type { Fault } from "../../base/fault.ts";
import type { Retry } from "../../mesh/retry.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import { BODY_TUNNEL, type Head } from "../../wire/http1/head.ts";
import { isIdempotentMethod, METHOD_OTHER, methodCodeOf } from "../../wire/http1/method.ts";
import type { Exchange } from "../exchange/exchange.ts";
import {
  HEDDLE_ERROR,
  HEDDLE_RETRY,
  HEDDLE_UNSENT,
  UNSENT_CODES,
} from "../exchange/heddle-fields.ts";

/** Why there is another try. */
export const RETRY_REASONS = ["unsent", "lost", "status", "grpc", "reset", "timeout"] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

const GRPC_STATUS = new FieldName("grpc-status");

const STATUS_COUNT = 600;
const GRPC_CODE_COUNT = 17;

export class RetryRules {
  readonly #retry: Retry;
  readonly #statuses = new Uint8Array(STATUS_COUNT);
  readonly #grpcCodes = new Uint8Array(GRPC_CODE_COUNT);
  readonly #anyGrpcCode: boolean;
  /** Methods by their codes; those without a code are compared as texts. */
  readonly #methodCodes: ReadonlySet<number>;
  readonly #methodNames: ReadonlySet<string>;
  readonly #idempotencyKey: FieldName | null;

  constructor(retry: Retry) {
    this.#retry = retry;
    for (const { min, max } of retry.statuses) this.#statuses.fill(1, min, max + 1);
    for (const code of retry.grpcCodes) this.#grpcCodes[code] = 1;
    this.#anyGrpcCode = retry.grpcCodes.length > 0;
    this.#methodCodes = new Set(retry.methods.map(methodCodeOf));
    this.#methodNames = new Set(retry.methods);
    const header = retry.idempotencyKeyHeader;
    this.#idempotencyKey = header === "" ? null : new FieldName(header);
  }

  /** Whether what may have reached an application may reach it again. */
  mayRepeat(request: Head): boolean {
    if (this.#retry.isRetryable || this.#namesMethod(request)) return true;
    return this.#idempotencyKey !== null && request.find(this.#idempotencyKey) >= 0;
  }

  /** Why the answer is worth another try; null when it is not. */
  reasonOfHead(exchange: Exchange, head: Head): RetryReason | null {
    const { status } = head;
    if (head.bodyKind === BODY_TUNNEL) return null;
    const mayClaim = head.hasHeddle && exchange.endpoint?.endpoint.proxied === true;
    if (mayClaim && head.textOf(HEDDLE_RETRY) === "no") return null;
    if (mayClaim && status >= 500 && saysUnsent(head)) return "unsent";
    if (status < STATUS_COUNT && this.#statuses[status] === 1) return "status";
    return this.#anyGrpcCode && this.#hasGrpcCode(head) ? "grpc" : null;
  }

  /** Why the failure is worth another try; null when it is not. */
  reasonOfFault(exchange: Exchange, fault: Fault): RetryReason | null {
    const { code } = fault;
    if (exchange.answered || fault.side !== "upstream" || code === "no-endpoints") return null;
    if (!exchange.sent) return "unsent";
    if (code === "per-try-timeout") return this.#retry.onPerTryTimeout ? "timeout" : null;
    if (code === "connection-lost" && exchange.reused && !exchange.heard && !exchange.lostOnce) {
      // It served before and died without a word: what it was sent last it may never have read.
      if (this.#retry.onReset || isIdempotentMethod(exchange.head.methodCode)) return "lost";
    }
    return code === "connection-lost" && this.#retry.onReset ? "reset" : null;
  }

  /** Nothing was done for the request, or a standard says that it does no harm. */
  isHarmless(exchange: Exchange, reason: RetryReason): boolean {
    if (reason === "unsent") return true;
    const { head } = exchange;
    return (reason === "lost" && isIdempotentMethod(head.methodCode)) || this.mayRepeat(head);
  }

  #namesMethod(request: Head): boolean {
    const { methodCode } = request;
    if (this.#methodNames.size === 0) return isIdempotentMethod(methodCode);
    if (methodCode !== METHOD_OTHER) return this.#methodCodes.has(methodCode);
    return this.#methodNames.has(request.methodText());
  }

  /** Where there is no body the status is in the head: what HTTP/1 lets us see of gRPC. */
  #hasGrpcCode(head: Head): boolean {
    const text = head.textOf(GRPC_STATUS);
    return text !== undefined && /^\d{1,2}$/.test(text) && this.#grpcCodes[Number(text)] === 1;
  }
}

function saysUnsent(head: Head): boolean {
  const reason = head.textOf(HEDDLE_ERROR);
  return reason !== undefined && head.textOf(HEDDLE_UNSENT) === "1" && UNSENT_CODES.has(reason);
}
