/**
 * Everything that can be wrong with an HTTP/1 message. The set is closed, so that an answer, a
 * metric label and a log line can all be derived from the code.
 */
export const HTTP1_ERRORS = {
  "bad-request-line": row(400, "the request-line is not `method SP target SP HTTP-version`"),
  "bad-method": row(400, "the method is not a token, or too long"),
  "bad-target": row(400, "the request-target has no valid form, or a byte it may not have"),
  "target-too-long": row(414, "the request-target is longer than targetBytesMax"),
  "bad-version": row(400, "the HTTP-version is malformed"),
  "unsupported-version": row(505, "the HTTP-version is not 1.0 or 1.1"),
  "bad-status-line": row(400, "the status-line is not `HTTP-version SP status SP reason`"),
  "bare-cr": row(400, "a CR that no LF follows"),
  "bare-lf": row(400, "a line ends with LF alone"),
  "line-folding": row(400, "a field line begins with white space"),
  "bad-field-name": row(400, "a field name is not a token followed by a colon"),
  "space-before-colon": row(400, "white space between a field name and its colon"),
  "bad-field-value": row(400, "a control byte in a field value"),
  "head-too-large": row(431, "the head is larger than headBytesMax"),
  "too-many-fields": row(431, "the head or trailer section has more than fieldCountMax fields"),
  "missing-host": row(400, "an HTTP/1.1 request without Host"),
  "duplicate-host": row(400, "more than one Host"),
  "bad-host": row(400, "Host is not `host[:port]`"),
  "bad-content-length": row(400, "Content-Length is not one decimal number below 2^53"),
  "duplicate-content-length": row(400, "more than one Content-Length"),
  "ambiguous-length": row(400, "both Content-Length and Transfer-Encoding"),
  "bad-transfer-encoding": row(400, "Transfer-Encoding is not a list that ends in one `chunked`"),
  "unsupported-coding": row(501, "a transfer coding other than chunked"),
  "coding-in-old-version": row(400, "Transfer-Encoding in an HTTP/1.0 message"),
  "too-many-connection-names": row(400, "Connection names more fields than anybody needs"),
  "connect-with-body": row(400, "a CONNECT request with a body"),
  "bad-chunk-size": row(400, "a chunk size is not hexadecimal, or past 2^53"),
  "bad-chunk-extension": row(400, "a chunk extension is malformed"),
  "chunk-extensions-too-large": row(400, "chunk extensions longer than chunkExtensionBytesMax"),
  "bad-chunk-end": row(400, "chunk data is not followed by CRLF"),
  "trailers-too-large": row(431, "the trailer section is larger than trailerBytesMax"),
  "too-many-informational": row(400, "more than informationalMax responses below 200"),
  "unexpected-upgrade": row(400, "101 where no upgrade was asked for"),
  "closed-early": row(400, "the connection ended inside a message"),
} as const satisfies Record<string, Http1ErrorRow>;

export interface Http1ErrorRow {
  /** The answer to a request that has this error. A response that has it is always a 502. */
  readonly status: number;
  readonly detail: string;
}

function row(status: number, detail: string): Http1ErrorRow {
  return { status, detail };
}

export type Http1ErrorCode = keyof typeof HTTP1_ERRORS;

export class Http1Error {
  readonly code: Http1ErrorCode;
  /** For logs and the answer's text: our own words, never a peer's bytes. */
  readonly detail: string;
  /** 400, 414, 431, 501 or 505 for a request; 502 for a response. */
  readonly status: number;

  constructor(code: Http1ErrorCode, inResponse: boolean) {
    this.code = code;
    this.detail = HTTP1_ERRORS[code].detail;
    this.status = inResponse ? 502 : HTTP1_ERRORS[code].status;
  }
}

/** Parsers give back a position, or this when the bytes end inside a line. */
export const INCOMPLETE = -1;

const CODES = Object.keys(HTTP1_ERRORS) as readonly Http1ErrorCode[];

/** An error as a parser gives it back: a number below INCOMPLETE. Resolve it once, at import. */
export function failure(code: Http1ErrorCode): number {
  return -2 - CODES.indexOf(code);
}

export function errorOf(failed: number, inResponse: boolean): Http1Error {
  return new Http1Error(CODES[-2 - failed]!, inResponse);
}
