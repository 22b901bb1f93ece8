/** One end of a connection in memory. What is written goes out at the end of the turn. */
import type { ManualTimers } from "../../base/timers.ts";
import type { CloseReason, Stream, StreamHandler } from "../../proxy/net/stream.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";

/** Unread bytes at the other end above which a writer is congested. */
const WINDOW_BYTES = 64 * 1024;

const NO_HANDLER: StreamHandler = {
  onConnected: () => {},
  onRead: () => {},
  onReadEnd: () => {},
  onWritable: () => {},
  onClosed: () => {},
};

export class VirtualStream implements Stream {
  handler: StreamHandler = NO_HANDLER;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress = "";
  readonly localPort = 0;
  congested = false;
  closed = false;
  ended = false;
  /** Nothing is delivered to or from here any more, and nobody is told. */
  isSilent = false;
  /** Called once, when this end is closed. */
  gone: () => void = () => {};
  readonly #timers: ManualTimers;
  readonly #latencyMs: number;
  readonly #writer = new ByteWriter(1024);
  #peer: VirtualStream | null = null;
  #isFlushDue = false;
  #isOpen = false;
  #isPaused = false;
  #writeEnded = false;
  #inFlightBytes = 0;
  readonly #arrived: Uint8Array[] = [];
  #endArrived = false;
  #peerIsGone = false;

  get unsentBytes(): number {
    return this.#writer.length + this.#inFlightBytes;
  }

  constructor(timers: ManualTimers, latencyMs: number, address: string, port: number) {
    this.#timers = timers;
    this.#latencyMs = latencyMs;
    this.remoteAddress = address;
    this.remotePort = port;
  }

  /** Nothing redirects here. */
  originalDestination(): null {
    return null;
  }

  connect(peer: VirtualStream): void {
    this.#peer = peer;
    this.#isOpen = true;
  }

  /** The dialled end hears that it is connected. */
  open(): void {
    if (!this.closed) this.handler.onConnected();
  }

  /** The connection is lost at this end. */
  fail(reason: CloseReason): void {
    if (this.closed) return;
    this.#close(reason);
  }

  writer(): ByteWriter {
    this.#scheduleFlush();
    return this.#writer;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.#scheduleFlush();
    this.#writer.range(bytes, start, end);
    if (this.#writer.length > WINDOW_BYTES) this.#flush();
    return !this.congested;
  }

  end(): void {
    if (this.closed || this.#writeEnded) return;
    this.#flush();
    this.#writeEnded = true;
    this.#toPeer((peer) => peer.#takeEnd());
    this.#closeIfDone();
  }

  destroy(): void {
    if (this.closed) return;
    this.#flush();
    this.#toPeer((peer) => {
      peer.#takeEnd();
      peer.#peerIsGone = true;
    });
    this.#writeEnded = true;
    this.#close("closed");
  }

  reset(): void {
    if (this.closed) return;
    this.#toPeer((peer) => peer.fail("reset"));
    this.#close("closed");
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#timers.set(0, () => this.#deliver());
  }

  #scheduleFlush(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#timers.set(0, () => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#writer.length === 0) return;
    if (this.closed || this.#writeEnded || !this.#isOpen) {
      this.#writer.reset();
      return;
    }
    const bytes = this.#writer.bytes.slice(0, this.#writer.length);
    this.#writer.reset();
    if (this.#peerIsGone) {
      // As TCP does: whoever writes to a peer that has left hears of it a round trip later.
      this.#timers.set(this.#latencyMs, () => this.fail("reset"));
      return;
    }
    this.#inFlightBytes += bytes.length;
    if (this.#inFlightBytes > WINDOW_BYTES) this.congested = true;
    this.#toPeer((peer) => peer.#take(bytes));
  }

  #toPeer(act: (peer: VirtualStream) => void): void {
    const peer = this.#peer;
    if (peer === null) return;
    this.#timers.set(this.#latencyMs, () => {
      if (this.isSilent || peer.isSilent || peer.closed) return;
      act(peer);
    });
  }

  #take(bytes: Uint8Array): void {
    this.#arrived.push(bytes);
    this.#deliver();
  }

  #takeEnd(): void {
    this.#endArrived = true;
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#isPaused && !this.closed) {
      const bytes = this.#arrived.shift();
      if (bytes === undefined) break;
      this.#peer?.taken(bytes.length);
      this.handler.onRead(bytes, 0, bytes.length);
    }
    const isRead = this.#arrived.length === 0 && !this.#isPaused;
    if (!isRead || !this.#endArrived || this.ended || this.closed) return;
    this.ended = true;
    this.handler.onReadEnd();
    this.#closeIfDone();
  }

  /** The other end has taken so many bytes. */
  taken(count: number): void {
    this.#inFlightBytes -= count;
    if (!this.congested || this.#inFlightBytes > WINDOW_BYTES / 2) return;
    this.congested = false;
    this.#timers.set(0, () => {
      if (!this.closed) this.handler.onWritable();
    });
  }

  #closeIfDone(): void {
    if (this.ended && this.#writeEnded) this.#close("closed");
  }

  #close(reason: CloseReason): void {
    if (this.closed) return;
    this.closed = true;
    this.gone();
    // Never from within a call into the stream, as a socket would not either.
    this.#timers.set(0, () => this.handler.onClosed(reason));
  }
}
