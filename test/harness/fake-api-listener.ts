/** A `FakeApiServer` at a port, for programs that are started whole. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Address, formatAddress } from "../../base/address.ts";
import { listenAt } from "../../base/listen-anywhere.ts";
import type { TransportRequest } from "../../kube/transport.ts";
import type { FakeApiServer } from "./fake-api-server.ts";
import { ownAddress } from "./own-address.ts";

export interface FakeApiListener {
  readonly address: Address;
  /** `http://127.64.0.1:40000` */
  readonly url: string;
  /** Of requests, in their order; empty where there was none. */
  readonly authorizations: readonly string[];
  /** Ends every connection, and accepts none. */
  close(): Promise<void>;
}

export async function listenForFake(
  server: FakeApiServer,
  /** Where nobody else can listen meanwhile, when it closes and opens again. */
  wanted: Address = { host: ownAddress(), port: 0 },
  /** What the server answers with 401. */
  isRefused: (authorization: string) => boolean = () => false,
): Promise<FakeApiListener> {
  const authorizations: string[] = [];
  const http = createServer((request, response) => {
    const authorization = request.headers.authorization ?? "";
    authorizations.push(authorization);
    if (isRefused(authorization)) response.writeHead(401).end();
    else void serve(server, request, response).catch(() => response.destroy());
  });
  const address = await listenAt(http, wanted);
  return {
    address,
    url: `http://${formatAddress(address)}`,
    authorizations,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

async function serve(
  server: FakeApiServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const abort = new AbortController();
  response.on("close", () => abort.abort());
  const answer = await server.send({
    // Programs of ours send no others.
    method: (request.method ?? "GET") as TransportRequest["method"],
    path: request.url ?? "",
    headers: {
      "content-type": request.headers["content-type"] ?? "",
      accept: request.headers.accept ?? "",
    },
    body,
    renew: false,
    signal: abort.signal,
  });
  const retryAfter = answer.header("retry-after");
  response.writeHead(answer.status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
  // A watch is answered before anything happens.
  response.flushHeaders();
  for await (const chunk of answer.body) response.write(chunk);
  response.end();
}
