/**
 * One connection between a proxy and the operator, seen from either end: whole text messages both
 * ways, and how much is still on its way out. WebSocket is one way to make it, a pair in memory
 * under virtual time another.
 */
export interface ControlLink {
  /** Never blocks and never throws; on a closed link it does nothing. */
  send(frame: ControlFrame): void;
  /** Bytes that were given to `send` and not yet to the network. */
  readonly bufferedBytes: number;
  /** Says goodbye, gives the other side a moment to answer, and closes. `onClose` follows. */
  close(code: number, reason: string): void;
  /** Cuts the connection at once: for a peer that no longer answers. `onClose` follows. */
  terminate(): void;
}

/** UTF-8 text of one message. Bytes are for what many receivers share; they are never changed. */
export type ControlFrame = string | Uint8Array;

/** Called by the link, never from within a call into it. */
export interface ControlLinkEvents {
  onText(text: string): void;
  /** Fewer bytes are buffered than before. */
  onDrain(): void;
  /** Once, last. */
  onClose(code: number, reason: string): void;
}
