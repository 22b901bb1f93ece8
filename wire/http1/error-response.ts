/**
 * The small whole answers that the mesh gives itself: status, `heddle-error` with its code, and
 * one line of text that says what to do.
 */

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  508: "Loop Detected",
};

export interface ErrorResponse {
  readonly status: number;
  /** For `heddle-error`: a code from a closed set. */
  readonly code: string;
  /** One line; what cannot stand in it is replaced. */
  readonly text: string;
  /** The connection ends after this answer. */
  readonly close: boolean;
  /** The answer to HEAD tells its length and has no body. */
  readonly withoutBody?: boolean;
  /** Whole encoded lines to add, `name: value CRLF` each. */
  readonly lines?: string;
}

/** The whole answer, ready to be written. */
export function encodeErrorResponse(answer: ErrorResponse): Uint8Array {
  const body = `${oneLine(answer.code)}: ${oneLine(answer.text)}\n`;
  const reason = REASONS[answer.status] ?? "Error";
  const head =
    `HTTP/1.1 ${answer.status} ${reason}\r\n` +
    "Content-Type: text/plain; charset=utf-8\r\n" +
    `Content-Length: ${Buffer.byteLength(body)}\r\n` +
    `heddle-error: ${oneLine(answer.code)}\r\n` +
    (answer.close ? "Connection: close\r\n" : "") +
    `${answer.lines ?? ""}\r\n`;
  return Buffer.from(answer.withoutBody === true ? head : head + body);
}

/** Nearly every text is: refusing under load must cost next to nothing. */
const PLAIN = /^[\x20-\x7e]*$/;

/** The text may quote what a peer sent: nothing in it may end a line, here or in a terminal. */
function oneLine(text: string): string {
  if (PLAIN.test(text)) return text;
  let line = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    line += code < 0x20 || (code >= 0x7f && code < 0xa0) ? "?" : character;
  }
  return line;
}
