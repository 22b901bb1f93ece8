/**
 * The servers behind the judges: one that tells in each answer what request it saw, and one that
 * sends the bytes of a response case as they are.
 */
import { createServer, type Server } from "node:http";
import { createServer as createRawServer, type Server as RawServer } from "node:net";
import { RESPONSE_CORPUS } from "./response-corpus.ts";

/** In answers: the size of the body that was seen, `in-step` for the marker, or `tunnel`. */
export const SEEN = "x-seen";

const PATIENCE_MS = 3_000;

/** As an application has it: Node's own server with its defaults, but for patience. */
export function createStrictOrigin(): Server {
  const server = createServer({ connectionsCheckingInterval: 200 });
  server.headersTimeout = PATIENCE_MS;
  server.requestTimeout = PATIENCE_MS;
  server.keepAliveTimeout = PATIENCE_MS;
  server.on("request", (request, response) => {
    let size = 0;
    request.on("data", (data: Buffer) => {
      size += data.length;
    });
    request.on("end", () => {
      response.setHeader(SEEN, request.url === IN_STEP ? "in-step" : String(size));
      response.setHeader("content-length", 0);
      response.end();
    });
  });
  server.on("connect", (_request, socket) => socket.end(answer("tunnel")));
  return server;
}

/** Takes whatever a proxy passes on, by the simplest reading: the refusals are the proxy's. */
export function createLenientOrigin(): RawServer {
  return createRawServer((socket) => {
    let pending = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (data: Buffer) => {
      pending += data.toString("latin1");
      for (;;) {
        const taken = takeRequest(pending);
        if (taken === undefined) return;
        pending = pending.slice(taken.end);
        socket.write(answer(taken.seen));
      }
    });
  });
}

const IN_STEP = "/in-step";

function answer(seen: string): string {
  return `HTTP/1.1 200 OK\r\n${SEEN}: ${seen}\r\nContent-Length: 0\r\n\r\n`;
}

/** The first request in `text`: where it ends, and what to say of it. Undefined while cut. */
function takeRequest(text: string): { end: number; seen: string } | undefined {
  const headEnd = text.indexOf("\r\n\r\n") + 4;
  if (headEnd === 3) return undefined;
  const head = text.slice(0, headEnd);
  if (head.startsWith("CONNECT ")) return { end: text.length, seen: "tunnel" };
  if (head.split(" ", 2)[1] === IN_STEP) return { end: headEnd, seen: "in-step" };
  if (/^transfer-encoding:.*chunked/im.test(head)) return takeChunks(text, headEnd);
  const size = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  if (text.length < headEnd + size) return undefined;
  return { end: headEnd + size, seen: String(size) };
}

function takeChunks(text: string, from: number): { end: number; seen: string } | undefined {
  let at = from;
  let total = 0;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) break;
    total += size;
    at += size + 2;
  }
  // Trailers, or none: either way an empty line ends them.
  const end = text.startsWith("\r\n", at) ? at + 2 : text.indexOf("\r\n\r\n", at) + 4;
  return end === 3 || end > text.length ? undefined : { end, seen: String(total) };
}

/** Answers `GET /case/N` with case N of the response corpus, and closes. */
export function createRawOrigin(): RawServer {
  return createRawServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (data: Buffer) => {
      const index = /^GET \/case\/(\d+) /.exec(data.toString("latin1"))?.[1];
      socket.end(Buffer.from(RESPONSE_CORPUS[Number(index)]?.bytes ?? "", "latin1"));
    });
  });
}
