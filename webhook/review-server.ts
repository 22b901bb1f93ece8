/**
 * Where the API server asks, over TLS. The certificate may come after the server has begun to
 * listen, and be exchanged while it serves: connections that are open stay.
 */
import { Server } from "node:https";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import type { Address } from "../base/address.ts";
import { ByteRoom } from "../base/byte-room.ts";
import { listenAnywhere } from "../base/listen-anywhere.ts";
import type { Log } from "../base/log.ts";
import { boundConnections, type ConnectionLimits } from "./bound-connections.ts";
import type { CertificateHolder } from "./certificate/serving-certificate.ts";
import { formatAnswer, parseReview, type Review, type ReviewAnswer } from "./review.ts";

export const REVIEW_LIMITS = {
  /** API servers take objects of 3 MiB, and an edit is sent with what was there before. */
  bodyBytesMax: 8 * 1024 * 1024,
  /** Larger ones share what there is: whoever says that one will come may never send it. */
  shortBodyBytes: 64 * 1024,
  longBodiesBytesMax: 32 * 1024 * 1024,
  handshakeMs: 5_000,
  /** To send a whole request. API servers wait for no answer longer than 30 s. */
  requestMs: 15_000,
  /** Longer than API servers keep connections themselves, so that none is closed in their face. */
  idleMs: 5 * 60_000,
  /** How late it is noticed that a time is over. */
  checkMs: 5_000,
} as const;

export type ReviewHandler = (review: Review) => ReviewAnswer | Promise<ReviewAnswer>;

export interface ReviewServerOptions {
  readonly address: Address;
  readonly holder: Pick<CertificateHolder, "subscribe">;
  /** By path. */
  readonly handlers: ReadonlyMap<string, ReviewHandler>;
  readonly turnedAway: (reason: string) => void;
  readonly log: Log;
  readonly connectionLimits?: ConnectionLimits;
}

export interface ReviewServer {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  /** From now on every answer asks for another connection, which will go elsewhere. */
  drain(): void;
  /** Requests that are under way are answered before it resolves. */
  stop(): Promise<void>;
}

/** Rejects when the address cannot be had, with the system's error. */
export async function startReviewServer(options: ReviewServerOptions): Promise<ReviewServer> {
  const { address, holder, turnedAway, log } = options;
  const app = createApp(options);
  const { server } = app;
  if (!(server instanceof Server)) throw new Error("fastify made a server without TLS");
  boundConnections(server, turnedAway, options.connectionLimits);
  server.on("tlsClientError", () => turnedAway("handshake"));
  holder.subscribe(({ cert, key }) => server.setSecureContext({ cert, key, ...TLS }));
  let isDraining = false;
  app.addHook("onSend", async (_request, reply) => {
    if (isDraining) reply.header("connection", "close");
  });
  await listenAnywhere(address, log, ({ host, port }) => app.listen({ host, port }));
  // It listens at a port, not at a path.
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    drain: () => {
      isDraining = true;
    },
    stop: async () => {
      await app.close();
    },
  };
}

const TLS = { minVersion: "TLSv1.2" } as const;

function createApp({ handlers, turnedAway, log }: ReviewServerOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    https: {
      ...{ ...TLS, handshakeTimeout: REVIEW_LIMITS.handshakeMs },
      connectionsCheckingInterval: REVIEW_LIMITS.checkMs,
    },
    bodyLimit: REVIEW_LIMITS.bodyBytesMax,
    requestTimeout: REVIEW_LIMITS.requestMs,
    keepAliveTimeout: REVIEW_LIMITS.idleMs,
    forceCloseConnections: "idle",
    // Whoever has a connection still gets answers while the others end.
    return503OnClosing: false,
    logger: false,
  });
  // Ours reads what fastify's refuses: an annotation may have any name.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  boundBodies(app, turnedAway);
  for (const [path, handler] of handlers) {
    app.post(path, async (request, reply) => {
      const review = parseReview(parseJson(request.body));
      if (typeof review === "string") {
        turnedAway("malformed");
        reply.code(400).type("text/plain");
        return `the request ${review}\n`;
      }
      reply.type("application/json");
      return formatAnswer(review, await handler(review));
    });
  }
  app.setNotFoundHandler((_request, reply) => {
    turnedAway("unknown-path");
    void reply.code(404).type("text/plain").send("only reviews are answered here, by POST\n");
  });
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    turnedAway(status === 413 ? "too-large" : status < 500 ? "malformed" : "defect");
    if (status >= 500) {
      log.error("a request could not be answered", { path: request.url, cause: String(error) });
    }
    void reply
      .code(status)
      .type("text/plain")
      .send(`${String(error)}\n`);
  });
  return app;
}

/** Long bodies take up what their senders say, from the first byte until they are answered. */
function boundBodies(app: FastifyInstance, turnedAway: (reason: string) => void): void {
  const { bodyBytesMax, shortBodyBytes, longBodiesBytesMax } = REVIEW_LIMITS;
  const room = new ByteRoom(longBodiesBytesMax);
  app.addHook("onRequest", async (request, reply) => {
    const { "content-length": said = "0", "transfer-encoding": coding } = request.headers;
    const bytes = coding === undefined ? Number(said) : bodyBytesMax;
    // What is too long is refused unread.
    if (bytes <= shortBodyBytes || bytes > bodyBytesMax) return;
    if (!room.take(bytes)) {
      turnedAway("busy");
      reply.code(503).headers({ connection: "close", "retry-after": "1" }).type("text/plain");
      await reply.send("too much is being asked at once\n");
      return;
    }
    const { socket } = request.raw;
    // An answer that was never begun does not close with its connection.
    const over = (): void => {
      socket.off("close", over);
      reply.raw.off("close", over);
      room.give(bytes);
    };
    socket.once("close", over);
    reply.raw.once("close", over);
  });
}

function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(typeof body === "string" ? body : "");
  } catch {
    return undefined;
  }
}

function statusOf(error: unknown): number {
  const statusCode = error instanceof Error && "statusCode" in error ? error.statusCode : 500;
  return typeof statusCode === "number" ? statusCode : 500;
}
