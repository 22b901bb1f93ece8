/** Answers that the proxy makes by itself: failures of the mesh, and its admin pages. */
import { Fault, type FaultCode } from "../../base/fault.ts";
import { encodeErrorResponse } from "../../wire/http1/error-response.ts";
import type { Http1Error } from "../../wire/http1/http1-error.ts";
import { METHOD_HEAD } from "../../wire/http1/method.ts";
import { type Direction, INBOUND, type OwnAnswer } from "../exchange/exchange.ts";
import { UNSENT_CODES } from "../exchange/heddle-fields.ts";

export interface AnswerContext {
  readonly direction: Direction;
  /** Of the request; `METHOD_OTHER` when there was none that could be read. */
  readonly methodCode: number;
  readonly close: boolean;
  /** The caller is not to try again: what it asked for was tried as often as may be. */
  readonly retryForbidden: boolean;
}

export const HEDDLE_RETRY_NO = "heddle-retry: no\r\n";

export function encodeFault(fault: Fault, context: AnswerContext): Uint8Array {
  const unsent = context.direction === INBOUND && UNSENT_CODES.has(fault.code);
  return encodeErrorResponse({
    status: fault.status,
    code: fault.code,
    text: fault.detail === "" ? fault.hint : `${fault.detail}; ${fault.hint}`,
    close: context.close,
    withoutBody: context.methodCode === METHOD_HEAD,
    lines: (unsent ? "heddle-unsent: 1\r\n" : "") + loadLines(fault, context),
  });
}

/** Whoever is told to come back later had better not come through every tier at once. */
function loadLines({ code, answer }: Fault, { retryForbidden }: AnswerContext): string {
  const overloaded = code === "overloaded";
  const forbidden = overloaded || retryForbidden ? HEDDLE_RETRY_NO : "";
  if (!overloaded && answer.retryAfterSeconds === 0) return forbidden;
  return `${forbidden}Retry-After: ${Math.max(1, answer.retryAfterSeconds)}\r\n`;
}

export function encodeOwnAnswer(answer: OwnAnswer, context: AnswerContext): Uint8Array {
  const body = Buffer.from(answer.body);
  const head = Buffer.from(
    `HTTP/1.1 ${answer.status} ${answer.status < 400 ? "OK" : "Error"}\r\n${answer.fields}` +
      `Content-Length: ${body.length}\r\n${context.close ? "Connection: close\r\n" : ""}\r\n`,
    "latin1",
  );
  return context.methodCode === METHOD_HEAD ? head : Buffer.concat([head, body]);
}

/** What the codec refused, as the mesh names it. */
export function faultOfRequest(error: Http1Error): Fault {
  return new Fault(FAULT_OF_STATUS[error.status] ?? "bad-request", error.detail);
}

const FAULT_OF_STATUS: Readonly<Record<number, FaultCode>> = {
  414: "target-too-long",
  431: "head-too-large",
  501: "unsupported-coding",
  505: "unsupported-version",
};
