/**
 * Where proxies connect: an HTTP server that does nothing but WebSocket handshakes for the one
 * subprotocol. On this machine it believes who comes, and turns browsers away: a page from anywhere
 * can make a browser here connect to loopback (DNS rebinding), but it cannot hide its Origin, and
 * cannot choose its Host. Everywhere else it speaks TLS alone, and whoever comes shows a token.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { formatAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import { listenAnywhere, listenAt } from "../../base/listen-anywhere.ts";
import type { Log } from "../../base/log.ts";
import type { Timers } from "../../base/timers.ts";
import { CLOSE, CONTROL_LIMITS, CONTROL_SUBPROTOCOL } from "../../mesh/control-messages.ts";
import { ARRIVAL_LIMITS, type ArrivalLimits, Arrivals } from "./arrivals.ts";
import { type ControlPlace, formatControlPlace, isLocalPlace } from "./control-place.ts";
import {
  type HandshakeRefusal,
  refusalOf,
  TRY_LATER,
  tokenOf,
  turnAway,
  UNAUTHORIZED,
} from "./handshake.ts";
import { type Authenticator, LOCAL_PEER, type Peer } from "./peer.ts";
import { PUBLISH_LIMITS } from "./publish-limits.ts";
import type { PublishObserver } from "./resources.ts";
import { type ControlAcceptor, ServerLink } from "./server-link.ts";
import { TokenBucket } from "./token-bucket.ts";
import { listenOnUnix } from "./unix-socket.ts";

const HEAD_BYTES_MAX = 8 * 1024;
/** RFC 6585, section 5. */
const HEAD_TOO_LARGE = "431 Request Header Fields Too Large";
const HEAD_TIMEOUT_MS = 5_000;

/** Of lines about connections that were turned away. */
const LINES_PER_SECOND = 1;
const LINES_BURST = 10;

/** What is shown to those who connect, PEM. */
export interface ShownCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** How those of other machines are served. */
export interface ControlSecurity {
  readonly certificate: {
    /** Null while there is none: nobody gets in then. */
    readonly leaf: ShownCertificate | null;
    /** Calls back with each that takes the place of another. */
    subscribe(listener: (leaf: ShownCertificate) => void): () => void;
  };
  readonly authenticator: Authenticator;
}

export interface ControlServerOptions {
  readonly publisher: ControlAcceptor;
  readonly observer: PublishObserver;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Port 0 lets the system choose. */
  readonly address: ControlPlace;
  /** Without it, only this machine may be served; with it, nobody is without a token. */
  readonly security?: ControlSecurity;
  readonly arrivalLimits?: Partial<ArrivalLimits>;
}

export interface ControlServer {
  /** Where it listens. */
  readonly address: ControlPlace;
  /** Stops listening. Sessions are the publisher's to end; what is left of them is cut off. */
  close(): Promise<void>;
}

/** Rejects when the address is not of this machine and there is no TLS, or it cannot be had. */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { address, security } = options;
  if (!isLocalPlace(address) && security === undefined) {
    throw new Error(
      `without TLS ${formatControlPlace(address)} may not serve proxies: use 127.0.0.1`,
    );
  }
  const door = new Door(options);
  const { bound, removeSocket } = await listen(door.http, address, options.log);
  return {
    address: bound,
    close: async () => {
      await removeSocket();
      await door.close();
    },
  };
}

class Door {
  readonly http: Server | TlsServer;
  readonly #options: ControlServerOptions;
  readonly #sockets: WebSocketServer;
  readonly #arrivals: Arrivals;
  readonly #lines: TokenBucket;
  readonly #upgraded = new Set<Duplex>();
  readonly #unsubscribe: () => void;

  constructor(options: ControlServerOptions) {
    const { clock, timers, observer, security } = options;
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: CONTROL_LIMITS.helloBytesMax,
      handleProtocols: () => CONTROL_SUBPROTOCOL,
    });
    this.#lines = new TokenBucket(LINES_PER_SECOND, LINES_BURST, clock.nowMs());
    const turnedAway = (reason: string) => observer.turnedAway(reason);
    // On this machine nobody is kept out by others of its address: all have the same.
    const { arrivalsMax: ofAddressMax } = ARRIVAL_LIMITS;
    const limits = {
      ...(security === undefined ? { ofAddressMax } : {}),
      ...options.arrivalLimits,
    };
    this.#arrivals = new Arrivals({ clock, timers, turnedAway, limits });
    const limitsOfHttp = { maxHeaderSize: HEAD_BYTES_MAX, connectionsCheckingInterval: 5_000 };
    if (security === undefined) {
      this.http = createServer(limitsOfHttp);
      this.#unsubscribe = () => {};
    } else {
      const server = createTlsServer({ ...limitsOfHttp, ...TLS });
      this.#unsubscribe = this.#show(server, security);
      this.http = server;
    }
    this.#serve(this.http);
  }

  close(): Promise<void> {
    this.#unsubscribe();
    this.#arrivals.stop();
    return closeServer(this.http, this.#upgraded);
  }

  /** Whoever is connected stays so when another certificate is shown from now on. */
  #show(server: TlsServer, { certificate }: ControlSecurity): () => void {
    const show = ({ certificatePem: cert, keyPem: key }: ShownCertificate): void => {
      server.setSecureContext({ cert, key, ...TLS });
    };
    if (certificate.leaf !== null) show(certificate.leaf);
    server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      this.#turnedAway({ status: "", reason: "tls" }, error.code ?? error.message);
      socket.destroy();
    });
    return certificate.subscribe(show);
  }

  #serve(http: Server | TlsServer): void {
    http.headersTimeout = HEAD_TIMEOUT_MS;
    http.requestTimeout = HEAD_TIMEOUT_MS;
    http.maxConnections = PUBLISH_LIMITS.sessionsMax + ARRIVAL_LIMITS.arrivalsMax;
    http.on("connection", (socket) => this.#arrivals.add(socket));
    http.on("drop", () => this.#turnedAway({ status: "", reason: "connections" }, ""));
    http.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
      const { code = "" } = error;
      if (!isMalformed(code)) {
        socket.destroy();
        return;
      }
      const status = code === "HPE_HEADER_OVERFLOW" ? HEAD_TOO_LARGE : "400 Bad Request";
      const refusal = { status, reason: "bad-request" };
      this.#turnedAway(refusal, code);
      // Whoever keeps it open for longer is not let in either: it has arrived, and no further.
      turnAway(socket, refusal);
    });
    http.on("request", (request, response) => {
      const { remoteAddress = "" } = request.socket;
      this.#turnedAway({ status: "", reason: "no-upgrade" }, remoteAddress);
      response.writeHead(426, { upgrade: "websocket", connection: "close" });
      response.end("This is where proxies get their configuration, over WebSocket.\n");
    });
    http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        this.#options.log.error("a handshake failed", { cause: String(error) });
        socket.destroy();
      });
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { security } = this.#options;
    const refusal = refusalOf(request, security === undefined);
    const found = refusal ?? (await this.#identify(request));
    // It may have been given up meanwhile.
    if (socket.destroyed) return;
    if ("reason" in found) {
      this.#turnedAway(found, request.socket.remoteAddress ?? "");
      turnAway(socket, found);
      return;
    }
    this.#arrivals.arrived(request.socket);
    this.#upgraded.add(socket);
    socket.once("close", () => this.#upgraded.delete(socket));
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const remote = this.#remoteOf(request);
      webSocket.on("error", (error: NodeJS.ErrnoException) => {
        const { code = "" } = error;
        if (code.startsWith("WS_ERR_")) {
          this.#turnedAway({ status: "", reason: "bad-frame" }, `${code} ${remote}`);
        }
      });
      serve(this.#options.publisher, webSocket, remote, found);
    });
  }

  async #identify(request: IncomingMessage): Promise<Peer | HandshakeRefusal> {
    const { security } = this.#options;
    if (security === undefined) return LOCAL_PEER;
    const token = tokenOf(request.headers.authorization);
    if (token === undefined) return { status: UNAUTHORIZED, reason: "token-missing" };
    const answer = await security.authenticator.authenticate(token);
    if (answer.result === "peer") return answer.peer;
    const status = answer.result === "refused" ? UNAUTHORIZED : TRY_LATER;
    return { status, reason: answer.reason };
  }

  #turnedAway({ reason }: HandshakeRefusal, detail: string): void {
    const { observer, log, clock } = this.#options;
    observer.turnedAway(reason);
    // Counted always, told now and then: whoever knocks must not fill the log.
    if (this.#lines.take(1, clock.nowMs())) {
      log.warn("turned a connection away", { reason, detail });
    }
  }

  #remoteOf(request: IncomingMessage): string {
    const { address } = this.#options;
    if ("path" in address) return formatControlPlace(address);
    const { remoteAddress = "", remotePort = 0 } = request.socket;
    return formatAddress({ host: remoteAddress, port: remotePort });
  }
}

/** What is no HTTP, and what does not come in time; anything else is a connection that broke. */
function isMalformed(code: string): boolean {
  return code.startsWith("HPE_") || code === "ERR_HTTP_REQUEST_TIMEOUT";
}

/** Proxies are ours, and speak the newest version there is. */
const TLS = { minVersion: "TLSv1.3", handshakeTimeout: HEAD_TIMEOUT_MS } as const;

function serve(publisher: ControlAcceptor, socket: WebSocket, remote: string, peer: Peer): void {
  const link = new ServerLink(socket);
  const session = publisher.accept(link, remote, peer);
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

interface BoundPlace {
  readonly bound: ControlPlace;
  /** Takes away what `close` leaves behind. */
  readonly removeSocket: () => Promise<void>;
}

async function listen(http: Server, place: ControlPlace, log: Log): Promise<BoundPlace> {
  if ("path" in place) return { bound: place, removeSocket: await listenOnUnix(http, place) };
  const bound = await listenAnywhere(place, log, (address) => listenAt(http, address));
  return { bound, removeSocket: () => Promise.resolve() };
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
