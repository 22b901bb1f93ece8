/**
 * Control connections over WebSocket, plain on this machine and over TLS everywhere else. The
 * library is loaded when the first connection is made: a proxy that runs from a snapshot file alone
 * never pays for it.
 */
import type { IncomingMessage } from "node:http";
import type { ClientOptions, WebSocket } from "ws";
import type { ControlFrame, ControlLink } from "../../mesh/control-link.ts";
import {
  CLOSE,
  CONTROL_LIMITS,
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
} from "../../mesh/control-messages.ts";
import type { ControlConnector, ControlConnectorEvents } from "./connector.ts";
import { controlUrl, isTlsAddress } from "./control-address.ts";
import { type OperatorFiles, readOperatorCredentials } from "./operator-credentials.ts";

/** The same as the client's own: whichever comes first ends the attempt. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** `files` are needed for `wss://` alone. */
export function createWebSocketConnector(files: OperatorFiles | null): ControlConnector {
  return (address, events) => new WebSocketLink(address, files, events);
}

class WebSocketLink implements ControlLink {
  readonly #events: ControlConnectorEvents;
  #socket: WebSocket | null = null;
  #isCancelled = false;
  #isClosed = false;

  constructor(address: string, files: OperatorFiles | null, events: ControlConnectorEvents) {
    this.#events = events;
    this.#open(address, files).catch((error: unknown) => this.#closed(0, textOf(error)));
  }

  async #open(address: string, files: OperatorFiles | null): Promise<void> {
    const { WebSocket } = await import("ws");
    const security = isTlsAddress(address) ? await tlsOptions(files) : {};
    if (this.#isCancelled) return;
    const socket = new WebSocket(controlUrl(address, CONTROL_PATH), CONTROL_SUBPROTOCOL, {
      perMessageDeflate: false,
      maxPayload: CONTROL_LIMITS.operatorMessageBytesMax,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
      // One message per turn of the loop: what arrives together must not be taken together.
      allowSynchronousEvents: false,
      ...security,
    });
    this.#socket = socket;
    let problem = "";
    socket.on("unexpected-response", (_request, response) => {
      problem = refusalText(response);
      socket.terminate();
    });
    socket.on("open", () => this.#events.onOpen());
    socket.on("message", (data, isBinary) => {
      if (isBinary) this.close(CLOSE.unsupportedData, "text only");
      else this.#events.onText(data.toString());
    });
    // `close` follows every error, and is what ends the link.
    socket.on("error", (error) => {
      problem ||= textOf(error);
    });
    socket.on("close", (code, reason) => this.#closed(code, problem || reason.toString()));
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(frame: ControlFrame): void {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== socket.OPEN) return;
    socket.send(frame, { binary: false }, (error) => {
      if (error === undefined || error === null) this.#events.onDrain();
    });
  }

  close(code: number, reason: string): void {
    if (this.#socket === null) this.#cancel();
    else if (this.#socket.readyState === this.#socket.CONNECTING) this.#socket.terminate();
    else this.#socket.close(code, reason.slice(0, CLOSE_REASON_LENGTH_MAX));
  }

  terminate(): void {
    if (this.#socket === null) this.#cancel();
    else this.#socket.terminate();
  }

  /** Before there is a socket: whoever cancels wants no more events, but the one that ends it. */
  #cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    queueMicrotask(() => this.#closed(0, "cancelled"));
  }

  #closed(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.onClose(code, reason);
  }
}

/** Who answers is proved by the bundle alone, never by an authority that the system knows. */
async function tlsOptions(files: OperatorFiles | null): Promise<ClientOptions> {
  if (files === null) throw new Error("without the operator's CA nobody can be trusted");
  const { ca, token } = await readOperatorCredentials(files);
  const headers = token === "" ? {} : { headers: { authorization: `Bearer ${token}` } };
  return { ca, minVersion: "TLSv1.3", ...headers };
}

function refusalText({ statusCode, statusMessage }: IncomingMessage): string {
  if (statusCode === 401) return "the operator does not take this proxy's token (401)";
  if (statusCode === 503) return "the operator cannot tell now who this proxy is (503)";
  return `the operator answered ${statusCode} ${statusMessage}`;
}

/** RFC 6455 allows 123 bytes; ours are ASCII. */
const CLOSE_REASON_LENGTH_MAX = 120;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
