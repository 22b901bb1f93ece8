/**
 * Reads a ClientHello in passing, where nobody waits to know what is spoken: the bytes go on at
 * once, whatever they are, and the name in them is for logs alone. It stands before the stream's
 * handler until it has seen enough, and then takes itself out.
 */
import { type ClientHello, ClientHelloReader, HELLO_PARTIAL } from "../../wire/tls/client-hello.ts";
import type { CloseReason, Stream, StreamHandler } from "../net/stream.ts";

export interface HelloListener {
  /** At most once; never when the client says anything else. */
  helloPassed(hello: ClientHello): void;
}

/** Puts itself before the handler that the stream has. */
export function watchHello(stream: Stream, listener: HelloListener): void {
  stream.handler = new PassingHello(stream, listener);
}

class PassingHello implements StreamHandler {
  readonly #stream: Stream;
  readonly #handler: StreamHandler;
  readonly #listener: HelloListener;
  readonly #reader = new ClientHelloReader();

  constructor(stream: Stream, listener: HelloListener) {
    this.#stream = stream;
    this.#handler = stream.handler;
    this.#listener = listener;
  }

  onConnected(): void {
    this.#handler.onConnected();
  }

  onRead(bytes: Uint8Array, start: number, end: number): void {
    if (this.#reader.take(bytes, start, end) !== HELLO_PARTIAL) {
      this.#leave();
      if (this.#reader.hello !== null) this.#listener.helloPassed(this.#reader.hello);
    }
    this.#handler.onRead(bytes, start, end);
  }

  onReadEnd(): void {
    this.#leave();
    this.#handler.onReadEnd();
  }

  onWritable(): void {
    this.#handler.onWritable();
  }

  onClosed(reason: CloseReason): void {
    this.#handler.onClosed(reason);
  }

  #leave(): void {
    if (this.#stream.handler === this) this.#stream.handler = this.#handler;
  }
}
