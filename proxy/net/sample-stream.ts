/** Streams and a network in memory, moved by the test that holds them. */
import type { Address } from "../../base/address.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import type { CloseReason, Listener, Network, Stream, StreamHandler } from "./stream.ts";

const IGNORING: StreamHandler = {
  onConnected: () => {},
  onRead: () => {},
  onReadEnd: () => {},
  onWritable: () => {},
  onClosed: () => {},
};

export class SampleStream implements Stream {
  handler: StreamHandler = IGNORING;
  remoteAddress = "127.0.0.1";
  remotePort = 1;
  localAddress = "127.0.0.1";
  localPort = 2;
  /** What `originalDestination` tells. */
  meant: Address | null = null;
  /** Set by the test; what is written is kept all the same. */
  congested = false;
  unsentBytes = 0;
  closed = false;
  ended = false;
  /** Our side has ended. */
  finished = false;
  wasReset = false;
  paused = false;
  readonly #writer = new ByteWriter();
  #text = "";

  /** All that was written to it. */
  get written(): string {
    const { bytes, length } = this.#writer;
    this.#text += Buffer.from(bytes.subarray(0, length)).toString("latin1");
    this.#writer.reset();
    return this.#text;
  }

  originalDestination(): Address | null {
    return this.meant;
  }

  writer(): ByteWriter {
    return this.#writer;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.closed) this.#writer.range(bytes, start, end);
    return !this.congested;
  }

  end(): void {
    this.finished = true;
  }

  destroy(): void {
    this.close("closed");
  }

  reset(): void {
    this.wasReset = true;
    this.close("reset");
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  // What the peer and the network do.

  connect(): void {
    this.handler.onConnected();
  }

  receive(text: string): void {
    const bytes = Buffer.from(text, "latin1");
    this.handler.onRead(bytes, 0, bytes.length);
  }

  receiveEnd(): void {
    this.ended = true;
    this.handler.onReadEnd();
  }

  close(reason: CloseReason): void {
    if (this.closed) return;
    this.closed = true;
    this.handler.onClosed(reason);
  }

  /** What was congested is written out. */
  flow(): void {
    this.congested = false;
    this.handler.onWritable();
  }
}

export class SampleNetwork implements Network {
  /** Every stream that was dialled, in order. */
  readonly dialled: SampleStream[] = [];

  listen(): Promise<Listener> {
    return Promise.reject(new Error("nothing listens here"));
  }

  dial(host: string, port: number, handler: StreamHandler): Stream {
    const stream = new SampleStream();
    stream.remoteAddress = host;
    stream.remotePort = port;
    stream.handler = handler;
    this.dialled.push(stream);
    return stream;
  }

  /** The newest stream, connected. */
  connectNewest(): SampleStream {
    const stream = this.dialled.at(-1);
    if (stream === undefined) throw new Error("nothing was dialled");
    stream.connect();
    return stream;
  }
}
