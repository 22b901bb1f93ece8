/**
 * Byte streams to peers, as everything above this folder sees them. Nothing outside `proxy/net`
 * knows which runtime moves the bytes.
 */
import type { Address } from "../../base/address.ts";
import type { ByteWriter } from "../../wire/http1/byte-writer.ts";

/** Why a stream closed. `closed` is the orderly way; the others lost whatever was under way. */
export type CloseReason =
  | "closed"
  | "reset"
  | "refused"
  | "unreachable"
  | "timeout"
  /** What was dialled is a listener of ours that must not be. */
  | "loop"
  /** This process may open no more files, so that nobody was asked. */
  | "no-files"
  | "error";

/** What the owner of a stream is told. Set as `stream.handler` before the first event. */
export interface StreamHandler {
  /** A dialled stream is connected. Never called for an accepted one. */
  onConnected(): void;
  /** Bytes came in. They are borrowed: valid until this returns. */
  onRead(bytes: Uint8Array, start: number, end: number): void;
  /** The peer will send no more; it may still read. */
  onReadEnd(): void;
  /** What was congested is written out. */
  onWritable(): void;
  /** The last event of every stream, once. */
  onClosed(reason: CloseReason): void;
}

export interface Stream {
  handler: StreamHandler;
  /** The peer's address, or what was dialled. An IPv4 caller has an IPv4 address here. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Our end, empty and 0 while it is not connected and once the stream is closed. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Bytes written and not yet taken by the kernel have passed the high-water mark. */
  readonly congested: boolean;
  /** Bytes that were written here and that the kernel has not taken yet. */
  readonly unsentBytes: number;
  /** Nothing can be written any more. */
  readonly closed: boolean;
  /** The peer has ended its side. */
  readonly ended: boolean;
  /**
   * Where an accepted connection was meant to go before the kernel redirected it here. Null when
   * it came of its own accord, and where the kernel is not asked. A system call each time.
   */
  originalDestination(): Address | null;
  /**
   * A writer whose content goes out to this stream: at the end of the turn, or sooner when it has
   * grown or another stream asks for the writer. Fill it at once and do not keep it.
   */
  writer(): ByteWriter;
  /** Bytes from elsewhere, borrowed for the call. False: congested, wait for `onWritable`. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** Writes out what is gathered, then ends our side; the peer may still send. */
  end(): void;
  /** Closes both ways at once and drops what was not written. */
  destroy(): void;
  /** Like `destroy`, but the peer sees a reset where the runtime can send one. */
  reset(): void;
  pause(): void;
  resume(): void;
}

export interface Listener {
  readonly host: string;
  /** The real one, where port 0 was asked for. */
  readonly port: number;
  /** The descriptor, for handing the socket on to another process; -1 where there is none. */
  readonly fd: number;
  /** No new connections here; those that are open stay, and so do other holders of the socket. */
  close(): void;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  /** A socket that another process has bound and handed on; `host` and `port` are then its own. */
  readonly fd?: number | undefined;
  /** Others listen at the same place, and the system shares callers out among them. */
  readonly isShared?: boolean | undefined;
  /** Dialling it from here would never end: such a stream closes with `loop`. */
  readonly refusesOwn: boolean;
  /** Goes on accepting when so many connections are open that callers elsewhere are refused. */
  readonly mayUseReserve?: boolean | undefined;
  /** Gives each accepted stream its handler. */
  readonly accept: (stream: Stream) => void;
}

export interface Network {
  listen(options: ListenOptions): Promise<Listener>;
  /** Starts connecting; the outcome reaches `handler` as `onConnected` or `onClosed`. */
  dial(host: string, port: number, handler: StreamHandler): Stream;
}
