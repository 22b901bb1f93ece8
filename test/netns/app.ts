/**
 * Runs inside of a namespace as an application that knows nothing of a mesh: `app.ts NAME KIND:PORT
 * …`. It says who it is in its own way on each port.
 *
 * http   answers with what it was asked and by whom; `/bytes/N` with so many bytes; an Upgrade with
 *        101, and from then on with whatever it is sent
 * greet  the server speaks first, as in SMTP: a greeting, then every line comes back
 * echo   the client speaks first, and gets everything back
 */
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AppAnswer } from "./app-answer.ts";

const BLOCK = Buffer.alloc(65_536, "x");

const [name = "app", ...ports] = process.argv.slice(2);
for (const place of ports) {
  const [kind = "", port = ""] = place.split(":");
  if (kind === "http") serveHttp(Number(port));
  else serveTcp(Number(port), kind === "greet");
}

function serveHttp(port: number): void {
  const server = createHttpServer((request, response) => {
    let bodyBytes = 0;
    request.on("data", (chunk: Buffer) => {
      bodyBytes += chunk.length;
    });
    request.on("end", () => {
      const count = /^\/bytes\/(\d+)$/.exec(request.url ?? "")?.[1];
      if (count !== undefined) {
        response.writeHead(200, { "Content-Length": count });
        sendBytes(response, Number(count));
        return;
      }
      response.setHeader("Content-Type", "application/json");
      response.end(`${JSON.stringify(describe(request, bodyBytes))}\n`);
    });
  });
  server.on("upgrade", (_request: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => {});
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
    );
    socket.pipe(socket);
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => {});
    socket.write(`HTTP/1.1 200 OK\r\n\r\n${name} ${request.url ?? ""}\n`);
    socket.pipe(socket);
  });
  server.listen({ port, host: "::" });
}

function describe(request: IncomingMessage, bodyBytes: number): AppAnswer {
  const { method = "", url: target = "", headers, socket } = request;
  const { host = "" } = headers;
  return { name, method, target, host, bodyBytes, client: socket.remoteAddress ?? "" };
}

function sendBytes(to: NodeJS.WritableStream, count: number): void {
  let left = count;
  const send = (): void => {
    while (left > 0) {
      const size = Math.min(left, BLOCK.length);
      left -= size;
      if (!to.write(BLOCK.subarray(0, size))) {
        to.once("drain", send);
        return;
      }
    }
    to.end();
  };
  send();
}

function serveTcp(port: number, greets: boolean): void {
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.on("error", () => {});
    if (greets) socket.write(`220 ${name}\r\n`);
    socket.pipe(socket);
  });
  server.listen({ port, host: "::" });
}
