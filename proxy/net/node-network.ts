/**
 * Streams on Node's sockets. Reads land in one shared buffer for the whole loop (`onread`), so a
 * read allocates nothing; writes of one turn gather in one shared buffer, which is given away
 * only when the kernel does not take it at once.
 */
import { createServer, Socket, type SocketConstructorOpts } from "node:net";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import type {
  CloseReason,
  Listener,
  ListenOptions,
  Network,
  Stream,
  StreamHandler,
} from "./stream.ts";

/** One read takes this much at most, whatever the peer sends. */
const READ_BYTES_MAX = 64 * 1024;
/** Gathered writes go out when they pass this. */
const GATHER_BYTES_MAX = 32 * 1024;
/** Bytes waiting in the process above which a stream counts as congested. */
const CONGESTED_BYTES = 64 * 1024;
/** The kernel finds a dead peer of an idle connection by itself after some minutes. */
const KEEPALIVE_DELAY_MS = 10_000;

export function createNodeNetwork(): Network {
  return new NodeNetwork();
}

/** What all streams of one loop share. */
class Turn {
  readonly readBuffer = new Uint8Array(READ_BYTES_MAX);
  readonly writer = new ByteWriter(GATHER_BYTES_MAX * 2);
  #owner: NodeStream | null = null;
  #depth = 0;
  #scheduled = false;
  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  enter(): void {
    this.#depth += 1;
  }

  leave(): void {
    this.#depth -= 1;
    if (this.#depth === 0) this.flush();
  }

  /** The writer, for `stream` alone from now until somebody else asks. */
  claim(stream: NodeStream): ByteWriter {
    if (this.#owner !== stream) {
      this.flush();
      this.#owner = stream;
      if (this.#depth === 0 && !this.#scheduled) {
        this.#scheduled = true;
        queueMicrotask(this.#flushLater);
      }
    }
    return this.writer;
  }

  flush(): void {
    const owner = this.#owner;
    if (owner === null) return;
    this.#owner = null;
    if (this.writer.length > 0) owner.send(this.writer);
  }

  flushIfOwner(stream: NodeStream): void {
    if (this.#owner === stream) this.flush();
  }
}

class NodeNetwork implements Network {
  readonly #turn = new Turn();
  /** Ports of listeners that must not be dialled from here. */
  readonly #closedPorts = new Set<number>();

  listen(options: ListenOptions): Promise<Listener> {
    const turn = this.#turn;
    const server = createServer(
      { allowHalfOpen: true, pauseOnConnect: true, noDelay: true },
      (accepted) => {
        const stream = NodeStream.adopt(accepted, turn);
        if (stream === null) return;
        turn.enter();
        options.accept(stream);
        turn.leave();
      },
    );
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: options.host, port: options.port, backlog: options.backlog }, () => {
        server.removeListener("error", reject);
        // An accept that fails (too many open files) must not end the process.
        server.on("error", () => {});
        const address = server.address();
        const port = address instanceof Object ? address.port : options.port;
        if (options.refusesOwn) this.#closedPorts.add(port);
        resolve({ host: options.host, port, close: () => void server.close() });
      });
    });
  }

  dial(host: string, port: number, handler: StreamHandler): Stream {
    return NodeStream.dial(host, port, handler, this.#turn, this.#closedPorts.has(port));
  }
}

const NO_HANDLER: StreamHandler = {
  onConnected: () => {},
  onRead: () => {},
  onReadEnd: () => {},
  onWritable: () => {},
  onClosed: () => {},
};

class NodeStream implements Stream {
  handler: StreamHandler = NO_HANDLER;
  congested = false;
  closed = false;
  ended = false;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #socket: Socket;
  readonly #turn: Turn;
  #failure: CloseReason | null = null;
  #paused = false;

  private constructor(socket: Socket, turn: Turn, address: string, port: number) {
    this.#socket = socket;
    this.#turn = turn;
    this.remoteAddress = address;
    this.remotePort = port;
  }

  /**
   * Takes over a connection that was accepted paused. `onread` can only be given when a socket is
   * made, so its handle moves to a new one, which starts to read by itself; the old one is left
   * empty.
   */
  static adopt(accepted: Socket, turn: Turn): NodeStream | null {
    const address = accepted.remoteAddress;
    const port = accepted.remotePort;
    const handle: unknown = Reflect.get(accepted, "_handle");
    if (address === undefined || port === undefined || !(handle instanceof Object)) {
      accepted.destroy();
      return null;
    }
    let stream: NodeStream | null = null;
    const options = {
      handle,
      allowHalfOpen: true,
      onread: {
        buffer: turn.readBuffer,
        callback: (count: number, bytes: Uint8Array): boolean =>
          stream?.deliver(count, bytes) ?? true,
      },
      // The typings know `handle` only as something else that Node takes there.
    } as SocketConstructorOpts;
    const socket = new Socket(options);
    Reflect.set(accepted, "_handle", null);
    const adopted = new NodeStream(socket, turn, address, port);
    stream = adopted;
    adopted.#listen();
    return adopted;
  }

  /** `mayBeOwn`: a listener of ours that refuses us has the port, on some address. */
  static dial(
    host: string,
    port: number,
    handler: StreamHandler,
    turn: Turn,
    mayBeOwn: boolean,
  ): NodeStream {
    let stream: NodeStream | null = null;
    const socket = new Socket({
      allowHalfOpen: true,
      onread: {
        buffer: turn.readBuffer,
        callback: (count: number, bytes: Uint8Array): boolean =>
          stream?.deliver(count, bytes) ?? true,
      },
    });
    const dialled = new NodeStream(socket, turn, host, port);
    stream = dialled;
    dialled.handler = handler;
    dialled.#listen();
    socket.once("connect", () => {
      // Whatever name led there: both ends on one address means this machine.
      if (mayBeOwn && socket.remoteAddress === socket.localAddress) {
        dialled.#failure = "loop";
        socket.destroy();
        return;
      }
      turn.enter();
      dialled.handler.onConnected();
      turn.leave();
    });
    socket.setNoDelay(true);
    socket.connect({ host, port });
    return dialled;
  }

  #listen(): void {
    const socket = this.#socket;
    const turn = this.#turn;
    socket.setKeepAlive(true, KEEPALIVE_DELAY_MS);
    socket.on("end", () => {
      this.ended = true;
      turn.enter();
      this.handler.onReadEnd();
      turn.leave();
    });
    socket.on("drain", () => {
      if (!this.congested) return;
      this.congested = false;
      turn.enter();
      this.handler.onWritable();
      turn.leave();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#failure = closeReason(error.code);
    });
    socket.on("close", () => {
      this.closed = true;
      turn.enter();
      this.handler.onClosed(this.#failure ?? "closed");
      turn.leave();
    });
  }

  get unsentBytes(): number {
    return this.closed ? 0 : this.#socket.writableLength;
  }

  deliver(count: number, bytes: Uint8Array): boolean {
    const turn = this.#turn;
    turn.enter();
    this.handler.onRead(bytes, 0, count);
    turn.leave();
    return true;
  }

  writer(): ByteWriter {
    const writer = this.#turn.claim(this);
    if (writer.length > GATHER_BYTES_MAX) this.send(writer);
    return writer;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    let from = start;
    while (from < end) {
      const writer = this.writer();
      const upTo = Math.min(end, from + GATHER_BYTES_MAX);
      writer.range(bytes, from, upTo);
      from = upTo;
    }
    return !this.congested;
  }

  /** Hands the writer's content to the socket; the writer is empty afterwards. */
  send(writer: ByteWriter): void {
    const socket = this.#socket;
    if (this.closed || socket.destroyed || socket.writableEnded) {
      writer.reset();
      return;
    }
    socket.write(writer.bytes.subarray(0, writer.length));
    const waiting = socket.writableLength;
    if (waiting === 0) {
      writer.reset();
      return;
    }
    // The kernel has not taken it all: the bytes now belong to the socket.
    writer.detach();
    if (waiting > CONGESTED_BYTES) this.congested = true;
  }

  end(): void {
    this.#turn.flushIfOwner(this);
    this.#socket.end();
  }

  destroy(): void {
    this.#turn.flushIfOwner(this);
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }
}

function closeReason(code: string | undefined): CloseReason {
  switch (code) {
    case "ECONNRESET":
    case "EPIPE":
      return "reset";
    case "ECONNREFUSED":
      return "refused";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EADDRNOTAVAIL":
      return "unreachable";
    case "ETIMEDOUT":
      return "timeout";
    default:
      return "error";
  }
}
