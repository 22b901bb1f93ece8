/**
 * An accepted stream until it is known what is spoken on it. Whoever speaks first decides: the
 * client by its first bytes, or the server, which the owner dials when the client keeps silent.
 * Nobody is held up: each wait is short, and after it the bytes go on as opaque TCP.
 *
 *   DETECTING  reads, and keeps what does not decide yet      -> DECIDED, ENDED
 *   DECIDED    the owner knows; bytes wait for its handler    -> HANDED_OVER, ENDED
 *   HANDED_OVER, ENDED  nothing happens any more
 */
import { type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import type { ClientHello } from "../../wire/tls/client-hello.ts";
import type { CloseReason, Stream, StreamHandler } from "../net/stream.ts";
import type { DetectRecorder, DetectResult } from "../telemetry/detect-metrics.ts";
import { FIRST_HTTP1, FIRST_HTTP2, FIRST_TLS, FirstBytes, UNDECIDED } from "./first-bytes.ts";
import type { ServerFirstMemory } from "./server-first-memory.ts";

export type DetectedProtocol = "http1" | "http2" | "tls" | "opaque";

const DETECTING = 0;
const DECIDED = 1;
const HANDED_OVER = 2;
const ENDED = 3;

export interface DetectionTiming {
  /** For the first byte of a client, before the server is dialled to see whether it speaks. */
  readonly silentWaitMs: number;
  /** From bytes that decide nothing, to taking them as opaque. */
  readonly undecidedWaitMs: number;
}

/**
 * 50 ms are no time to people, and long to a client that has anything to say. The second is more
 * than the 200 ms after which the kernel sends a lost packet again, so that one loss between two
 * halves of a request line does not make it opaque.
 */
export const DEFAULT_DETECTION_TIMING: DetectionTiming = {
  silentWaitMs: 50,
  undecidedWaitMs: 250,
};

/** Told in this order, each at most once. All but the first may be the last. */
export interface DetectionOwner {
  /**
   * The client has not spoken yet, or is known for not being the first: now is the time to dial
   * the server. Detection goes on; `serverSpoke` ends it.
   */
  silent(): void;
  /**
   * It is known what is spoken. `handOver` gives the bytes on, now or later: until then the stream
   * is paused. `hello` only for TLS, null when it was too long or too slow to be read.
   */
  detected(protocol: DetectedProtocol, hello: ClientHello | null): void;
  /** The stream closed before it was handed over. */
  detectionEnded(reason: CloseReason): void;
}

export interface DetectionDeps {
  readonly wheel: TimerWheel;
  readonly timing: DetectionTiming;
  /** Of a request line that is still HTTP/1. */
  readonly targetBytesMax: number;
  /** Null where the server is dialled at once anyway. */
  readonly serverFirst: ServerFirstMemory | null;
  readonly recorder: DetectRecorder;
}

export class Detection implements StreamHandler {
  readonly #stream: Stream;
  readonly #deps: DetectionDeps;
  readonly #owner: DetectionOwner;
  readonly #timer: WheelTimer = new WheelTimer(this);
  #first: FirstBytes | null = null;
  #destination = "";
  #state = DETECTING;
  #hinted = false;
  #readEnded = false;
  #paused = false;
  /** What came and was not handed over; not made when the first read decides at once. */
  #kept: ByteWriter | null = null;
  /** Bytes in hand, while the owner is told what they decided. */
  #lent: Uint8Array | null = null;
  #lentStart = 0;
  #lentEnd = 0;

  constructor(stream: Stream, deps: DetectionDeps, owner: DetectionOwner) {
    this.#stream = stream;
    this.#deps = deps;
    this.#owner = owner;
  }

  /** Bytes that wait here. */
  get keptBytes(): number {
    return this.#kept === null ? 0 : this.#kept.length;
  }

  /**
   * Takes the stream over. `hint` as its objects or the list of ports say; `destination` is where
   * it was meant to go, as text. May tell the owner at once.
   */
  begin(hint: PortProtocol, destination: string): void {
    const stream = this.#stream;
    stream.handler = this;
    this.#readEnded = stream.ended;
    this.#destination = destination;
    if (stream.closed) {
      this.onClosed("closed");
      return;
    }
    this.#hinted = hint !== "detect";
    if (hint === "opaque" || hint === "http2") {
      this.#decide(hint, "hint", null);
      return;
    }
    const expectsHttp = hint === "http1";
    this.#first = new FirstBytes(this.#deps.targetBytesMax, expectsHttp);
    if (this.#readEnded) {
      this.#settle();
      return;
    }
    const { wheel, timing, serverFirst } = this.#deps;
    if (expectsHttp) wheel.schedule(this.#timer, timing.undecidedWaitMs);
    else if (serverFirst?.has(destination) === true) this.#owner.silent();
    else wheel.schedule(this.#timer, timing.silentWaitMs);
  }

  /** The server was dialled and has spoken. What the client said until now follows as opaque. */
  serverSpoke(): void {
    if (this.#state !== DETECTING) return;
    this.#deps.serverFirst?.learn(this.#destination);
    this.#decide("opaque", "server-first", null);
  }

  /**
   * The stream is `handler`'s from here on: it gets what came so far, and the end if that came,
   * before this returns. Only after `detected`.
   */
  handOver(handler: StreamHandler): void {
    if (this.#state !== DECIDED) return;
    this.#state = HANDED_OVER;
    const stream = this.#stream;
    const kept = this.#kept;
    const lent = this.#lent;
    this.#kept = null;
    this.#lent = null;
    stream.handler = handler;
    // Before the bytes, so that a handler that pauses because of them has its way.
    if (this.#paused) stream.resume();
    if (kept !== null) {
      if (lent !== null) kept.range(lent, this.#lentStart, this.#lentEnd);
      handler.onRead(kept.bytes, 0, kept.length);
    } else if (lent !== null) handler.onRead(lent, this.#lentStart, this.#lentEnd);
    // The handler may have given the stream on.
    if (this.#readEnded) stream.handler.onReadEnd();
  }

  /** Nobody wants to know any more, and the owner is told nothing further. It closes the stream. */
  stop(): void {
    if (this.#state === DETECTING) this.#deps.recorder.count("ended");
    this.#end();
  }

  onConnected(): void {}

  onRead(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state === DETECTING) this.#examine(bytes, start, end);
    else if (this.#state === DECIDED) this.#keep(bytes, start, end);
  }

  onReadEnd(): void {
    this.#readEnded = true;
    if (this.#state === DETECTING) this.#settle();
  }

  onWritable(): void {}

  onClosed(reason: CloseReason): void {
    if (this.#state === HANDED_OVER || this.#state === ENDED) return;
    this.stop();
    this.#owner.detectionEnded(reason);
  }

  onTimer(): void {
    if (this.#kept !== null) {
      this.#deps.recorder.countTimeout("undecided");
      this.#settle();
    } else if (this.#hinted) this.#settle();
    else {
      this.#deps.recorder.countTimeout("silent");
      this.#owner.silent();
    }
  }

  #examine(bytes: Uint8Array, start: number, end: number): void {
    const first = this.#first;
    if (first === null) return;
    const found = first.take(bytes, start, end);
    if (found === UNDECIDED) {
      const { wheel, timing } = this.#deps;
      if (this.#kept === null) wheel.schedule(this.#timer, timing.undecidedWaitMs);
      this.#kept ??= new ByteWriter(end - start);
      this.#kept.range(bytes, start, end);
      return;
    }
    this.#lent = bytes;
    this.#lentStart = start;
    this.#lentEnd = end;
    this.#decideFirst(found, first.hello);
    if (this.#lent === null) return;
    this.#lent = null;
    if (this.#state === DECIDED) this.#keep(bytes, start, end);
  }

  /** Nothing more is waited for. */
  #settle(): void {
    const first = this.#first;
    if (first !== null) this.#decideFirst(first.settle(), first.hello);
  }

  #decideFirst(found: number, hello: ClientHello | null): void {
    const { serverFirst } = this.#deps;
    let protocol: DetectedProtocol = "opaque";
    if (found === FIRST_HTTP1) protocol = "http1";
    else if (found === FIRST_HTTP2) protocol = "http2";
    else if (found === FIRST_TLS) protocol = "tls";
    // A client that could speak first does: its server is not one to wait for.
    if (protocol !== "opaque") serverFirst?.forget(this.#destination);
    const result = this.#hinted && protocol === "http1" ? "hint" : protocol;
    this.#decide(protocol, result, hello);
  }

  #decide(protocol: DetectedProtocol, result: DetectResult, hello: ClientHello | null): void {
    this.#state = DECIDED;
    this.#first = null;
    this.#deps.wheel.cancel(this.#timer);
    this.#deps.recorder.count(result);
    this.#owner.detected(protocol, hello);
    if (this.#state === DECIDED) this.#pause();
  }

  /** No more than one read comes before the pause takes hold. */
  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#kept ??= new ByteWriter(end - start);
    this.#kept.range(bytes, start, end);
    this.#pause();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  #end(): void {
    this.#state = ENDED;
    this.#deps.wheel.cancel(this.#timer);
    this.#first = null;
    this.#kept = null;
    this.#lent = null;
  }
}
