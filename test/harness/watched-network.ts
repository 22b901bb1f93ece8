/**
 * The proxy's network with an eye on it: what has reached the proxy, so that a test that moves
 * time by hand moves it after that, and not after a guess.
 */
import type {
  Listener,
  ListenOptions,
  Network,
  Stream,
  StreamHandler,
} from "../../proxy/net/stream.ts";

export class WatchedNetwork implements Network {
  readonly #network: Network;
  readonly #accepted = new Set<Stream>();
  /** Connections that were accepted, ever, on any port. */
  acceptedCount = 0;
  /** Bytes that were read from callers; those of a tunnel are not counted. */
  callerBytes = 0;
  /** Bytes that were read from endpoints; those of a tunnel are not counted. */
  endpointBytes = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  /** Bytes for callers that the kernel has not taken yet. */
  get unsentBytes(): number {
    let sum = 0;
    for (const stream of this.#accepted) sum += stream.unsentBytes;
    return sum;
  }

  listen(options: ListenOptions): Promise<Listener> {
    const accept = (stream: Stream): void => {
      this.#accepted.add(stream);
      options.accept(stream);
      stream.handler = new WatchedHandler(stream.handler, {
        read: (count) => {
          this.callerBytes += count;
        },
        closed: () => this.#accepted.delete(stream),
      });
      this.acceptedCount += 1;
    };
    return this.#network.listen({ ...options, accept });
  }

  dial(host: string, port: number, handler: StreamHandler): Stream {
    const read = (count: number): void => {
      this.endpointBytes += count;
    };
    return this.#network.dial(host, port, new WatchedHandler(handler, { read, closed: () => {} }));
  }
}

interface Watcher {
  read(count: number): void;
  closed(): void;
}

class WatchedHandler implements StreamHandler {
  readonly #handler: StreamHandler;
  readonly #watcher: Watcher;

  constructor(handler: StreamHandler, watcher: Watcher) {
    this.#handler = handler;
    this.#watcher = watcher;
  }

  onConnected(): void {
    this.#handler.onConnected();
  }

  onRead(bytes: Uint8Array, start: number, end: number): void {
    this.#handler.onRead(bytes, start, end);
    this.#watcher.read(end - start);
  }

  onReadEnd(): void {
    this.#handler.onReadEnd();
  }

  onWritable(): void {
    this.#handler.onWritable();
  }

  onClosed(reason: Parameters<StreamHandler["onClosed"]>[0]): void {
    this.#watcher.closed();
    this.#handler.onClosed(reason);
  }
}
