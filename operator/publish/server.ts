/**
 * Where proxies connect: an HTTP server that does nothing but WebSocket handshakes for the one
 * subprotocol. There is no TLS yet, so it listens on this machine alone, and it turns browsers
 * away: a page from anywhere can make a browser here connect to loopback (DNS rebinding), but it
 * cannot hide its Origin, and cannot choose its Host.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Address, formatAddress, isLoopbackHost, parseAddress } from "../../base/address.ts";
import type { Log } from "../../base/log.ts";
import type { ControlFrame, ControlLink } from "../../mesh/control-link.ts";
import {
  CLOSE,
  CONTROL_LIMITS,
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
} from "../../mesh/control-messages.ts";
import { type ControlPlace, formatControlPlace } from "./control-place.ts";
import { PUBLISH_LIMITS } from "./publish-limits.ts";
import type { Publisher } from "./publisher.ts";
import type { PublishObserver } from "./resources.ts";
import type { Session } from "./session.ts";
import { listenOnUnix } from "./unix-socket.ts";

const HEAD_BYTES_MAX = 8 * 1024;
const HEAD_TIMEOUT_MS = 5_000;

export interface ControlServerOptions {
  readonly publisher: Publisher;
  readonly observer: PublishObserver;
  readonly log: Log;
  /** Of this machine; port 0 lets the system choose. */
  readonly address: ControlPlace;
}

export interface ControlServer {
  /** Where it listens. */
  readonly address: ControlPlace;
  /** Stops listening. Sessions are the publisher's to end; what is left of them is cut off. */
  close(): Promise<void>;
}

/** Rejects when the address is not of this machine, or cannot be had. */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { address, publisher, observer, log } = options;
  if ("host" in address && !isLoopbackHost(address.host)) {
    throw new Error(`without TLS ${formatAddress(address)} may not serve proxies: use 127.0.0.1`);
  }
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CONTROL_LIMITS.helloBytesMax,
    handleProtocols: () => CONTROL_SUBPROTOCOL,
  });
  const http = createServer({ maxHeaderSize: HEAD_BYTES_MAX, connectionsCheckingInterval: 5_000 });
  http.headersTimeout = HEAD_TIMEOUT_MS;
  http.requestTimeout = HEAD_TIMEOUT_MS;
  http.maxConnections = PUBLISH_LIMITS.sessionsMax + 100;
  http.on("request", (_request, response) => {
    response.writeHead(426, { upgrade: "websocket", connection: "close" });
    response.end("This is where proxies get their configuration, over WebSocket.\n");
  });
  const upgraded = new Set<Duplex>();
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      observer.turnedAway(refusal.reason);
      log.warn("turned a connection away", { reason: refusal.reason });
      turnAway(socket, refusal.status);
      return;
    }
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      serve(publisher, webSocket, remoteOf(request, address));
    });
  });
  const removeSocket = await listen(http, address);
  return {
    address: "path" in address ? address : boundAddress(http, address),
    close: async () => {
      await removeSocket();
      await closeServer(http, upgraded);
    },
  };
}

interface HandshakeRefusal {
  readonly status: string;
  readonly reason: string;
}

function refusalOf(request: IncomingMessage): HandshakeRefusal | undefined {
  const { host = "", origin } = request.headers;
  if (origin !== undefined) return { status: "403 Forbidden", reason: "origin" };
  const named = parseAddress(host.includes(":") && !host.endsWith("]") ? host : `${host}:80`);
  if (named === undefined || !isLoopbackHost(named.host)) {
    return { status: "403 Forbidden", reason: "host" };
  }
  if (request.url !== CONTROL_PATH) return { status: "404 Not Found", reason: "path" };
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
  if (!offered.includes(CONTROL_SUBPROTOCOL)) {
    return { status: "400 Bad Request", reason: "subprotocol" };
  }
  return undefined;
}

function turnAway(socket: Duplex, status: string): void {
  socket.on("error", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function serve(publisher: Publisher, socket: WebSocket, remote: string): void {
  const link = new ServerLink(socket);
  const session = publisher.accept(link, remote);
  if (session === undefined) {
    socket.on("error", () => socket.terminate());
    return;
  }
  link.session = session;
  socket.on("message", (data, isBinary) => {
    if (isBinary) socket.close(CLOSE.unsupportedData, "text only");
    else session.receive(data.toString());
  });
  socket.on("ping", () => session.receivedBelow());
  socket.on("pong", () => session.receivedBelow());
  // `close` follows every error, and is what ends the session.
  socket.on("error", () => socket.terminate());
  socket.on("close", () => session.closed());
}

class ServerLink implements ControlLink {
  readonly #socket: WebSocket;
  session: Session | null = null;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: ControlFrame): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame, { binary: false }, (error) => {
      if (error === undefined || error === null) this.session?.drained();
    });
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

function remoteOf(request: IncomingMessage, place: ControlPlace): string {
  if ("path" in place) return formatControlPlace(place);
  const { remoteAddress = "", remotePort = 0 } = request.socket;
  return formatAddress({ host: remoteAddress, port: remotePort });
}

/** Resolves to what takes away what `close` leaves behind. */
async function listen(http: Server, place: ControlPlace): Promise<() => Promise<void>> {
  if ("path" in place) return await listenOnUnix(http, place);
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen({ host: place.host, port: place.port }, () => {
      http.off("error", reject);
      resolve();
    });
  });
  return () => Promise.resolve();
}

function boundAddress(http: Server, asked: Address): Address {
  const bound: AddressInfo | string | null = http.address();
  return typeof bound === "object" && bound !== null
    ? { host: bound.address, port: bound.port }
    : asked;
}

/** Goodbyes that were sent get one turn of the loop to leave. */
function closeServer(http: Server, upgraded: ReadonlySet<Duplex>): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
    setImmediate(() => {
      for (const socket of upgraded) socket.destroy();
    });
  });
}
