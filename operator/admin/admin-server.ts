/**
 * The operator's admin port: metrics, readiness, and what it knows as JSON. It answers only to
 * requests that name it by an address or as localhost: a web page can make a browser on this
 * machine ask for any name it likes (DNS rebinding), but not for an address literal.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Address } from "../../base/address.ts";
import { ByteRoom } from "../../base/byte-room.ts";
import { listenAnywhere, listenAt } from "../../base/listen-anywhere.ts";
import type { Log } from "../../base/log.ts";

export interface AdminAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Chunks are written with a turn of the loop between them. */
  readonly body: string | Iterable<string>;
}

/** Answers one path; throws `AdminError` for a question that is wrong. */
export type AdminPage = (query: URLSearchParams) => AdminAnswer;

/** What was asked is wrong: the message is the answer. */
export class AdminError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface AdminServer {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  stop(): Promise<void>;
}

const HEAD_BYTES_MAX = 8 * 1024;
const HEAD_TIMEOUT_MS = 5_000;
const CONNECTIONS_MAX = 256;
/** Of all answers that are made and not read yet. */
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** What is shorter always has room, so that nobody keeps a probe from its answer. */
const SHORT_BYTES = 64 * 1024;
/** Of a connection over which nothing goes, while an answer is read, and between two. */
const STALLED_MS = 30_000;
const IDLE_MS = 5_000;

/** Rejects when the address cannot be had, with the system's error. */
export async function startAdminServer(options: {
  readonly address: Address;
  readonly pages: ReadonlyMap<string, AdminPage>;
  readonly log: Log;
}): Promise<AdminServer> {
  const { address, pages, log } = options;
  const room = new ByteRoom(ANSWER_BYTES_MAX);
  const busy = new WeakSet<object>();
  const limits = { maxHeaderSize: HEAD_BYTES_MAX, connectionsCheckingInterval: HEAD_TIMEOUT_MS };
  const server = createServer(limits, (request, response) => {
    const { socket } = request;
    // A thousand questions fit into one packet: their answers would all be made at once.
    if (busy.has(socket)) {
      log.debug("turned away who asks before it has its answer", { remote: socket.remoteAddress });
      socket.destroy();
      return;
    }
    busy.add(socket);
    response.once("close", () => busy.delete(socket));
    respond(request, response, { pages, log, room }).catch((cause: unknown) => {
      log.error("an answer could not be given", { path: request.url ?? "", cause: String(cause) });
      response.destroy();
    });
  });
  server.headersTimeout = HEAD_TIMEOUT_MS;
  server.requestTimeout = HEAD_TIMEOUT_MS;
  server.keepAliveTimeout = IDLE_MS;
  server.timeout = STALLED_MS;
  server.maxConnections = CONNECTIONS_MAX;
  const bound = await listenAnywhere(address, log, (at) => listenAt(server, at));
  return { address: bound, stop: () => stop(server) };
}

interface Answering {
  readonly pages: ReadonlyMap<string, AdminPage>;
  readonly log: Log;
  readonly room: ByteRoom;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { pages, log, room }: Answering,
): Promise<void> {
  const answer = withRoom(answerTo(request, pages, log), response, room);
  response.writeHead(answer.status, {
    "content-type": answer.contentType,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(answer.status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const chunks = typeof answer.body === "string" ? [answer.body] : answer.body;
  for (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response);
    else await nextTurn();
  }
  response.end();
}

/** What is made whole is held until it is read, or its reader is gone. */
function withRoom(answer: AdminAnswer, response: ServerResponse, room: ByteRoom): AdminAnswer {
  if (typeof answer.body !== "string") return answer;
  const bytes = answer.body.length;
  if (bytes <= SHORT_BYTES) return answer;
  if (!room.take(bytes)) return text(503, "too much is being read here: ask again in a while\n");
  response.once("close", () => room.give(bytes));
  return answer;
}

function answerTo(
  request: IncomingMessage,
  pages: ReadonlyMap<string, AdminPage>,
  log: Log,
): AdminAnswer {
  if (!isOwnName(request.headers.host ?? "")) {
    return text(403, "ask by address, or as localhost\n");
  }
  if (request.method !== "GET" && request.method !== "HEAD") return text(405, "only GET\n");
  // Only the path and the query are of interest, so that any base will do.
  const url = URL.parse(request.url ?? "/", "http://localhost");
  const page = url === null ? undefined : pages.get(url.pathname);
  if (url === null || page === undefined) {
    return text(404, `there is: ${[...pages.keys()].join(" ")}\n`);
  }
  try {
    return page(url.searchParams);
  } catch (error) {
    if (error instanceof AdminError) return text(error.status, `${error.message}\n`);
    log.error("an answer could not be made", { path: url.pathname, cause: String(error) });
    return text(500, "this is a defect of the operator: report it\n");
  }
}

/** `localhost` or an address literal, with or without a port. */
export function isOwnName(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, "").toLowerCase();
  if (name.startsWith("[") && name.endsWith("]")) return isIP(name.slice(1, -1)) === 6;
  return name === "localhost" || isIP(name) === 4;
}

export function text(status: number, body: string): AdminAnswer {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

export function json(body: object): AdminAnswer {
  const contentType = "application/json; charset=utf-8";
  return { status: 200, contentType, body: `${JSON.stringify(body)}\n` };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off("drain", settle);
      response.off("close", settle);
      resolve();
    };
    response.once("drain", settle);
    response.once("close", settle);
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
