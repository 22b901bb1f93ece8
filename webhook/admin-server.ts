/** The webhook's admin port: whether it lives, whether it can serve, and its metrics. */
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import type { Address } from "../base/address.ts";
import { listenAnywhere } from "../base/listen-anywhere.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";

const REQUEST_MS = 5_000;
/** Between two questions of one connection: there are not many. */
const IDLE_MS = 5_000;
const CONNECTIONS_MAX = 256;

export interface AdminServerOptions {
  readonly address: Address;
  readonly metrics: Metrics;
  /** What keeps it from being ready; empty when nothing does. */
  readonly problem: () => string;
  readonly log: Log;
}

export interface AdminServer {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  stop(): Promise<void>;
}

/** Rejects when the address cannot be had, with the system's error. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { address, metrics, problem, log } = options;
  const app: FastifyInstance = fastify({
    logger: false,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    http: { connectionsCheckingInterval: REQUEST_MS },
    forceCloseConnections: true,
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.addHook("onSend", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
  app.get("/live", () => "live\n");
  app.get("/ready", (_request, reply) => {
    const text = problem();
    reply.code(text === "" ? 200 : 503);
    return text === "" ? "ready\n" : `${text}\n`;
  });
  app.get("/metrics", (_request, reply) => {
    reply.type("text/plain; version=0.0.4; charset=utf-8");
    return [...metrics.expose()].join("");
  });
  app.setNotFoundHandler((_request, reply) => {
    void reply.code(404).send("there is: /live /ready /metrics\n");
  });
  await listenAnywhere(address, log, ({ host, port }) => app.listen({ host, port }));
  // It listens at a port, not at a path.
  const bound = app.server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    stop: async () => {
      await app.close();
    },
  };
}
