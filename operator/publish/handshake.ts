/** Looks at the request for a control connection before anything is agreed to. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { isLoopbackHost, parseAddress } from "../../base/address.ts";
import { CONTROL_PATH, CONTROL_SUBPROTOCOL } from "../../mesh/control-messages.ts";

export interface HandshakeRefusal {
  /** As in the answer's first line. */
  readonly status: string;
  /** From a closed set: it becomes a label. */
  readonly reason: string;
}

export const UNAUTHORIZED = "401 Unauthorized";
export const TRY_LATER = "503 Service Unavailable";

/** What goes with a status. RFC 9110, sections 11.6.1 and 10.2.3. */
const FIELDS: Readonly<Record<string, string>> = {
  [UNAUTHORIZED]: "WWW-Authenticate: Bearer\r\n",
  [TRY_LATER]: "Retry-After: 2\r\n",
};

/** A service account's is a tenth of it, and twice that with the longest names. */
const TOKEN_CHARS_MAX = 6 * 1024;

/** RFC 6750, section 2.1. */
const BEARER = /^bearer ([\w.~+/-]+=*)$/i;

/** `isLocal`: by its place alone it is known that it comes from this machine. */
export function refusalOf(
  request: IncomingMessage,
  isLocal: boolean,
): HandshakeRefusal | undefined {
  const { host = "", origin } = request.headers;
  if (origin !== undefined) return { status: "403 Forbidden", reason: "origin" };
  if (isLocal) {
    const named = parseAddress(host.includes(":") && !host.endsWith("]") ? host : `${host}:80`);
    if (named === undefined || !isLoopbackHost(named.host)) {
      return { status: "403 Forbidden", reason: "host" };
    }
  }
  if (request.url !== CONTROL_PATH) return { status: "404 Not Found", reason: "path" };
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
  if (!offered.includes(CONTROL_SUBPROTOCOL)) {
    return { status: "400 Bad Request", reason: "subprotocol" };
  }
  return undefined;
}

/** Undefined for none, and for what is too long to be one. */
export function tokenOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > TOKEN_CHARS_MAX) return undefined;
  return BEARER.exec(authorization)?.[1];
}

export function turnAway(socket: Duplex, { status }: HandshakeRefusal): void {
  const fields = FIELDS[status] ?? "";
  socket.end(`HTTP/1.1 ${status}\r\n${fields}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
