/**
 * A network without a kernel, for benches of our own code: what is written to a stream is counted
 * and forgotten, what comes in is handed over by a call, and nothing waits.
 */
import type {
  Listener,
  ListenOptions,
  Network,
  Stream,
  StreamHandler,
} from "../../proxy/net/stream.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";

const NOBODY: StreamHandler = {
  onConnected: () => {},
  onRead: () => {},
  onReadEnd: () => {},
  onWritable: () => {},
  onClosed: () => {},
};

export class MemoryStream implements Stream {
  handler = NOBODY;
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort: number;
  readonly localAddress = "127.0.0.1";
  readonly localPort = 1;
  readonly congested = false;
  closed = false;
  readonly ended = false;
  readonly #writer = new ByteWriter(4096);
  readonly #written: (stream: MemoryStream) => void;

  /** `written` is told of the first bytes since the last `take`. */
  constructor(remotePort: number, written: (stream: MemoryStream) => void) {
    this.remotePort = remotePort;
    this.#written = written;
  }

  get unsentBytes(): number {
    return this.#writer.length;
  }

  /** How much was written since the last time. */
  take(): number {
    const { length } = this.#writer;
    this.#writer.reset();
    return length;
  }

  originalDestination(): null {
    return null;
  }

  writer(): ByteWriter {
    if (this.#writer.length === 0) this.#written(this);
    return this.#writer;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.writer().range(bytes, start, end);
    return true;
  }

  end(): void {
    this.closed = true;
  }

  destroy(): void {
    this.closed = true;
  }

  reset(): void {
    this.closed = true;
  }

  pause(): void {}

  resume(): void {}
}

export class MemoryNetwork implements Network {
  /** By port. */
  readonly accepts = new Map<number, (stream: Stream) => void>();
  /** What was dialled and has not been told that it is connected. */
  readonly dialled: MemoryStream[] = [];
  /** Dialled streams with something written on them. */
  readonly asked: MemoryStream[] = [];

  listen({ host, port, accept }: ListenOptions): Promise<Listener> {
    this.accepts.set(port, accept);
    return Promise.resolve({ host, port, fd: -1, close: () => {} });
  }

  dial(_host: string, port: number, handler: StreamHandler): Stream {
    const stream = new MemoryStream(port, (written) => this.asked.push(written));
    stream.handler = handler;
    this.dialled.push(stream);
    return stream;
  }
}
