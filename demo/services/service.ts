/**
 * What every service of the shop does the same way: listen where it is told, answer JSON, and call
 * others by their short names. Nothing in here knows of the mesh but for $OUTBOUND, the address of
 * the proxy beside it; where proxies are transparent there is not even that.
 */
import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type Handler = (method: string, path: string, body: string) => Promise<Reply> | Reply;

/** Answered by every service whatever it does: for those who ask whether it is there. */
const HEALTH_PATH = "/health";
const CALL_TIMEOUT_MS = 15_000;
const BODY_BYTES_MAX = 64 * 1024;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/**
 * Listens on $PORT of $HOST, which is this machine unless it says otherwise. Told to end, it still
 * answers what has been asked already. The demo's own processes also end with the demo.
 */
export function serve(handler: Handler): Server {
  let isEnding = false;
  const server = createServer((incoming, outgoing) => {
    readBody(incoming)
      .then((body) => {
        if (incoming.url === HEALTH_PATH) return { body: { is: "well" } };
        return handler(incoming.method ?? "GET", incoming.url ?? "/", body);
      })
      .catch((error: unknown): Reply => ({ status: 500, body: { error: String(error) } }))
      .then(({ status = 200, headers = {}, body }) => {
        const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
        const type = typeof body === "string" ? "text/html; charset=utf-8" : "application/json";
        if (isEnding) outgoing.setHeader("connection", "close");
        outgoing.writeHead(status, { "content-type": type, ...headers });
        outgoing.end(text);
      });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(Number(process.env.PORT), process.env.HOST ?? "127.0.0.1");
  process.on("SIGTERM", () => {
    isEnding = true;
    server.close(() => process.exit(0));
  });
  if (process.env.HEDDLE_SUPERVISED !== undefined) {
    process.stdin.on("end", () => process.exit(0)).resume();
  }
  return server;
}

export interface CallAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Parsed JSON, or the text when it is none. */
  readonly body: unknown;
}

/** Calls `service` as any HTTP client could: through the proxy at $OUTBOUND, or by its name. */
export function call(service: string, path: string, method = "GET"): Promise<CallAnswer> {
  const [host = "", port = ""] = (process.env.OUTBOUND ?? `${service}:80`).split(":");
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, host, port, method, path, headers: { host: service }, timeout: CALL_TIMEOUT_MS },
      (answer) => {
        readBody(answer).then((text) => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parse(text) });
        }, reject);
      },
    );
    sent.on("timeout", () => sent.destroy(new Error(`${service} did not answer in time`)));
    sent.on("error", reject);
    sent.end();
  });
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("the body is too long");
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
