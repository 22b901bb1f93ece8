/**
 * A port of a pod as a stream, from within the pod: what listens there takes it for a connection
 * of its own machine. The API server hands it on to the kubelet, by WebSocket: the first byte of
 * each message says whether it is data or what went wrong, and the first message of either kind
 * names the port in two bytes.
 */
import { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { ReadCredentials } from "../../kube/api-credentials.ts";
import { proxyOptions, through } from "../../kube/http-transport.ts";
import { KubeError, OWN_REASONS, parseErrorAnswer } from "../../kube/kube-error.ts";
import type { PodDoor } from "./cluster.ts";

const PROTOCOL = "v4.channel.k8s.io";
const DATA = 0;
const FAILURE = 1;
const PORT_BYTES = 2;
const OPEN_MS_MAX = 10_000;
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** What an API server answers instead, when it does not open the port. */
const REFUSAL_BYTES_MAX = 64 * 1024;

/** Rejects with a `KubeError` when the API server does not open it. */
export async function forwardPort(
  { namespace, pod, port }: PodDoor,
  readCredentials: ReadCredentials,
  signal: AbortSignal,
): Promise<Duplex> {
  const { server, tls, headers, proxy } = await readCredentials(false);
  const url = new URL(server);
  const pods = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const base = url.pathname.replace(/\/$/, "");
  url.pathname = `${base}${pods}/${encodeURIComponent(pod)}/portforward`;
  url.search = `ports=${port}`;
  url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  const { ca, cert, key, serverName, verify } = tls;
  const socket = new WebSocket(url, [PROTOCOL], {
    headers,
    ...proxyOptions(proxy, tls.serverName ?? url.hostname.replace(/^\[|\]$/g, "")),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: verify,
    handshakeTimeout: OPEN_MS_MAX,
    maxPayload: MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
  });
  // At once: what the kubelet says may come together with the answer that opens the port.
  const stream = new ForwardedPort(socket);
  stream.on("error", () => {
    // Whoever reads it is told as well; until then opening it fails with the same.
  });
  const stop = (): void => socket.terminate();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await opened(socket, `at ${server} cannot be reached${through(proxy)}`);
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return stream;
}

function opened(socket: WebSocket, away: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.on("error", (cause) => {
      const message = `the API server ${away}: ${cause.message}`;
      reject(new KubeError({ status: 0, reason: OWN_REASONS.unreachable, message, cause }));
    });
    socket.once("unexpected-response", (request, response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        if (text.length < REFUSAL_BYTES_MAX) text += part;
      });
      response.on("end", () => {
        request.destroy();
        reject(parseErrorAnswer(response.statusCode ?? 0, text, undefined));
      });
    });
  });
}

class ForwardedPort extends Duplex {
  readonly #socket: WebSocket;
  /** Of either channel, the bytes that still name the port. */
  readonly #portBytes: [data: number, failure: number] = [PORT_BYTES, PORT_BYTES];

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.on("message", (message) => {
      if (Buffer.isBuffer(message)) this.#take(message);
    });
    socket.on("close", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(DATA), chunk]), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }

  #take(message: Buffer): void {
    const channel = message[0];
    if (channel !== DATA && channel !== FAILURE) return;
    const skipped = Math.min(this.#portBytes[channel], message.length - 1);
    this.#portBytes[channel] -= skipped;
    const bytes = message.subarray(1 + skipped);
    if (bytes.length === 0) return;
    if (channel === FAILURE) this.destroy(new Error(bytes.toString("utf8")));
    else if (!this.push(bytes)) this.#socket.pause();
  }
}
