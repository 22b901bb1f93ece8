/**
 * A stream on one of Node's sockets. Reads land in one shared buffer for the whole loop (`onread`),
 * so a read allocates nothing; writes of one turn gather in one shared buffer, which is given away
 * only when the kernel does not take it at once. Long writes go to the kernel as they are, and of
 * them only what it does not take is copied.
 */
import { Socket, type SocketConstructorOpts } from "node:net";
import type { Address } from "../../base/address.ts";
import { unmapIpv4 } from "../../base/ip-address.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { descriptorOf } from "./descriptor.ts";
import { hasMet, hasMetItself } from "./has-met.ts";
import type { OpenSockets } from "./open-sockets.ts";
import type { OriginalDestinations } from "./original-destination.ts";
import type { CloseReason, Stream, StreamHandler } from "./stream.ts";
import { writeNow } from "./write-now.ts";

/**
 * One read takes this much at most, whatever the peer sends. So much is copied for each stream
 * whose peer reads too slowly; twice as much makes long transfers little cheaper.
 */
const READ_BYTES_MAX = 128 * 1024;
/** Gathered writes go out when they pass this. */
const GATHER_BYTES_MAX = 32 * 1024;
/** From here on a system call costs less than the copy that would save it. */
const DIRECT_BYTES_MIN = 8 * 1024;
/** Bytes waiting in the process above which a stream counts as congested. */
const CONGESTED_BYTES = 64 * 1024;
/** The kernel finds a dead peer of an idle connection by itself after some minutes. */
const KEEPALIVE_DELAY_MS = 10_000;

/** What all streams of one loop share. */
export class Turn {
  readonly readBuffer = new Uint8Array(READ_BYTES_MAX);
  readonly writer = new ByteWriter(GATHER_BYTES_MAX * 2);
  readonly originals: OriginalDestinations | null;
  readonly sockets: OpenSockets;
  #owner: NodeStream | null = null;
  #depth = 0;
  #scheduled = false;
  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** `originals`: null where no stream is asked for its original destination. */
  constructor(originals: OriginalDestinations | null, sockets: OpenSockets) {
    this.originals = originals;
    this.sockets = sockets;
  }

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

  gathersFor(stream: NodeStream): boolean {
    return this.#owner === stream && this.writer.length > 0;
  }

  flushIfOwner(stream: NodeStream): void {
    if (this.#owner === stream) this.flush();
  }
}

const NO_HANDLER: StreamHandler = {
  onConnected: () => {},
  onRead: () => {},
  onReadEnd: () => {},
  onWritable: () => {},
  onClosed: () => {},
};

/** How a stream came about. */
type StreamOrigin = typeof DIALLED | typeof ACCEPTED_IPV4 | typeof ACCEPTED_IPV6;
const DIALLED = 0;
const ACCEPTED_IPV4 = 1;
const ACCEPTED_IPV6 = 2;

function originOf(caller: string): StreamOrigin {
  return caller.includes(":") ? ACCEPTED_IPV6 : ACCEPTED_IPV4;
}

export class NodeStream implements Stream {
  handler: StreamHandler = NO_HANDLER;
  congested = false;
  closed = false;
  ended = false;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #socket: Socket;
  readonly #turn: Turn;
  readonly #origin: StreamOrigin;
  #failure: CloseReason | null = null;
  #paused = false;

  private constructor(
    socket: Socket,
    turn: Turn,
    origin: StreamOrigin,
    address: string,
    port: number,
  ) {
    this.#socket = socket;
    this.#turn = turn;
    this.#origin = origin;
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
    const caller = unmapIpv4(address);
    const adopted = new NodeStream(socket, turn, originOf(caller), caller, port);
    stream = adopted;
    adopted.#listen();
    return adopted;
  }

  /** `doors`: addresses on which listeners of ours that refuse us have the port. */
  static dial(
    host: string,
    port: number,
    handler: StreamHandler,
    turn: Turn,
    doors: readonly string[] | undefined,
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
    const dialled = new NodeStream(socket, turn, DIALLED, host, port);
    stream = dialled;
    dialled.handler = handler;
    const { mayDial } = turn.sockets;
    dialled.#listen();
    socket.once("connect", () => {
      if (hasMetItself(socket, port)) dialled.#failure = "refused";
      else if (doors !== undefined && hasMet(doors, socket)) dialled.#failure = "loop";
      if (dialled.#failure !== null) {
        socket.destroy();
        return;
      }
      turn.enter();
      dialled.handler.onConnected();
      turn.leave();
    });
    if (!mayDial) {
      socket.destroy(Object.assign(new Error("too many files are open"), { code: "EMFILE" }));
      return dialled;
    }
    socket.setNoDelay(true);
    socket.connect({ host, port });
    return dialled;
  }

  /** What waited may be written out. */
  readonly #written = (): void => {
    if (!this.congested || this.closed || this.#socket.writableLength > 0) return;
    this.congested = false;
    this.#turn.enter();
    this.handler.onWritable();
    this.#turn.leave();
  };

  #listen(): void {
    const socket = this.#socket;
    const turn = this.#turn;
    turn.sockets.open += 1;
    socket.setKeepAlive(true, KEEPALIVE_DELAY_MS);
    socket.on("end", () => {
      this.ended = true;
      turn.enter();
      this.handler.onReadEnd();
      turn.leave();
    });
    socket.on("drain", this.#written);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#failure = closeReason(error.code);
      if (this.#failure === "no-files") turn.sockets.refuse();
    });
    socket.on("close", () => {
      this.closed = true;
      turn.sockets.open -= 1;
      turn.enter();
      this.handler.onClosed(this.#failure ?? "closed");
      turn.leave();
    });
  }

  get localAddress(): string {
    return unmapIpv4(this.#socket.localAddress ?? "");
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  originalDestination(): Address | null {
    const { originals } = this.#turn;
    if (originals === null || this.#origin === DIALLED || this.closed) return null;
    const isIpv6 = this.#origin === ACCEPTED_IPV6;
    const meant = originals.read(descriptorOf(this.#socket), isIpv6);
    if (meant === null) return null;
    // The kernel follows connections that it did not redirect as well.
    const isHere = meant.port === this.localPort && meant.host === this.localAddress;
    return isHere ? null : meant;
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
    const size = end - start;
    // What is gathered already would have to go out by itself.
    const bytesMin = this.#turn.gathersFor(this) ? GATHER_BYTES_MAX : DIRECT_BYTES_MIN;
    return size < bytesMin
      ? this.#gather(bytes, start, end)
      : this.#writeThrough(bytes, start, end);
  }

  #writeThrough(bytes: Uint8Array, start: number, end: number): boolean {
    this.#turn.flushIfOwner(this);
    const socket = this.#socket;
    const from = start + writeNow(socket, bytes, start, end);
    if (from === end) return true;
    if (this.closed || socket.destroyed || socket.writableEnded) return true;
    socket.write(bytes.slice(from, end), this.#written);
    // The kernel is full: it would take no more of what is read next.
    if (socket.writableLength > 0) this.congested = true;
    return !this.congested;
  }

  #gather(bytes: Uint8Array, start: number, end: number): boolean {
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
    // A router or a firewall forbids it.
    case "EACCES":
    case "EPERM":
      return "unreachable";
    case "ETIMEDOUT":
      return "timeout";
    case "EMFILE":
    case "ENFILE":
      return "no-files";
    default:
      return "error";
  }
}
