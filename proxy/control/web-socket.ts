/**
 * Control connections over WebSocket. The library is loaded when the first connection is made: a
 * proxy that runs from a snapshot file alone never pays for it.
 */
import type { WebSocket } from "ws";
import type { ControlFrame, ControlLink } from "../../mesh/control-link.ts";
import {
  CLOSE,
  CONTROL_LIMITS,
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
} from "../../mesh/control-messages.ts";
import type { ControlConnector, ControlConnectorEvents } from "./connector.ts";
import { controlUrl } from "./control-address.ts";

/** The same as the client's own: whichever comes first ends the attempt. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export const connectWebSocket: ControlConnector = (address, events) =>
  new WebSocketLink(address, events);

class WebSocketLink implements ControlLink {
  readonly #events: ControlConnectorEvents;
  #socket: WebSocket | null = null;
  #isCancelled = false;
  #isClosed = false;

  constructor(address: string, events: ControlConnectorEvents) {
    this.#events = events;
    this.#open(address).catch((error: unknown) => this.#closed(0, textOf(error)));
  }

  async #open(address: string): Promise<void> {
    const { WebSocket } = await import("ws");
    if (this.#isCancelled) return;
    const socket = new WebSocket(controlUrl(address, CONTROL_PATH), CONTROL_SUBPROTOCOL, {
      perMessageDeflate: false,
      maxPayload: CONTROL_LIMITS.operatorMessageBytesMax,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
      // One message per turn of the loop: what arrives together must not be taken together.
      allowSynchronousEvents: false,
    });
    this.#socket = socket;
    let problem = "";
    socket.on("open", () => this.#events.onOpen());
    socket.on("message", (data, isBinary) => {
      if (isBinary) this.close(CLOSE.unsupportedData, "text only");
      else this.#events.onText(data.toString());
    });
    // `close` follows every error, and is what ends the link.
    socket.on("error", (error) => {
      problem = textOf(error);
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

/** RFC 6455 allows 123 bytes; ours are ASCII. */
const CLOSE_REASON_LENGTH_MAX = 120;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
