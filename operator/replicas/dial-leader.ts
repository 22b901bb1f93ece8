/**
 * Connects to the control port of the replica that leads, as proxies do: with a token of this
 * program's own account, and over TLS that is checked against the mesh's authority. Both are read
 * for each connection, since both change.
 */
import { readFile } from "node:fs/promises";
import { WebSocket } from "ws";
import { isLoopbackHost, parseAddress } from "../../base/address.ts";
import type { ControlFrame, ControlLink } from "../../mesh/control-link.ts";
import { CONTROL_PATH, CONTROL_SUBPROTOCOL } from "../../mesh/control-messages.ts";
import { LEADER_LINK_LIMITS, type ReplicaDialEvents, type ReplicaDialer } from "./leader-link.ts";
import { REPLICA_LIMITS } from "./replica-messages.ts";

export interface ReplicaCredentials {
  readonly tokenFile: string;
  /** PEM. */
  readonly caFile: string;
  /** By which the leader's certificate names it, whatever its address is. */
  readonly serverName: string;
}

/** Without credentials only this machine is spoken to. */
export function createReplicaDialer(credentials: ReplicaCredentials | undefined): ReplicaDialer {
  return (address, events) => new LeaderWebSocket(address, events, credentials);
}

class LeaderWebSocket implements ControlLink {
  readonly #events: ReplicaDialEvents;
  #socket: WebSocket | null = null;
  #isClosed = false;

  constructor(
    address: string,
    events: ReplicaDialEvents,
    credentials: ReplicaCredentials | undefined,
  ) {
    this.#events = events;
    this.#open(address, credentials).catch((error: unknown) => this.#closed(0, textOf(error)));
  }

  async #open(address: string, credentials: ReplicaCredentials | undefined): Promise<void> {
    const secured = credentials === undefined ? plain(address) : await secure(credentials);
    if (this.#isClosed) return;
    const url = `${secured.scheme}://${address}${CONTROL_PATH}`;
    const socket = new WebSocket(url, CONTROL_SUBPROTOCOL, {
      perMessageDeflate: false,
      maxPayload: REPLICA_LIMITS.messageBytesMax,
      handshakeTimeout: LEADER_LINK_LIMITS.connectTimeoutMs,
      followRedirects: false,
      ...secured.options,
    });
    this.#socket = socket;
    let problem = "";
    socket.on("open", () => this.#events.onOpen());
    socket.on("message", (data, isBinary) => {
      if (isBinary) socket.terminate();
      else this.#events.onText(data.toString());
    });
    // `close` follows every error.
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
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(frame, { binary: false }, (error) => {
      if (error === undefined || error === null) this.#events.onDrain();
    });
  }

  close(code: number, reason: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close(code, reason);
    else this.terminate();
  }

  terminate(): void {
    if (this.#socket === null) queueMicrotask(() => this.#closed(0, "given up"));
    else this.#socket.terminate();
  }

  #closed(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.onClose(code, reason);
  }
}

interface Secured {
  readonly scheme: "ws" | "wss";
  readonly options: object;
}

function plain(address: string): Secured {
  const host = parseAddress(address)?.host ?? "";
  if (!isLoopbackHost(host)) throw new Error(`without a token ${address} is not spoken to`);
  return { scheme: "ws", options: {} };
}

async function secure({ tokenFile, caFile, serverName }: ReplicaCredentials): Promise<Secured> {
  const [token, ca] = await Promise.all([readFile(tokenFile, "utf8"), readFile(caFile, "utf8")]);
  const headers = { authorization: `Bearer ${token.trim()}` };
  return { scheme: "wss", options: { headers, ca, servername: serverName, minVersion: "TLSv1.3" } };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
