/** A connection that a control server has taken, and who it belongs to from then on. */
import type { WebSocket } from "ws";
import type { ControlFrame, ControlLink } from "../../mesh/control-link.ts";
import type { Peer } from "./peer.ts";

/** What becomes of a connection is for this one to say. */
export interface ControlEnd {
  receive(text: string): void;
  /** Something below messages came. */
  receivedBelow(): void;
  /** There may be room again on the way out. */
  drained(): void;
  closed(): void;
}

export interface ControlAcceptor {
  /** Undefined when there is no room: the link has been closed. */
  accept(link: ControlLink, remote: string, peer: Peer): ControlEnd | undefined;
}

export class ServerLink implements ControlLink {
  readonly #socket: WebSocket;
  session: ControlEnd | null = null;

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
