/**
 * Two streams joined: what comes in on one goes out on the other, with backpressure, and each
 * side's end is passed on by itself, so that a half-closed conversation can finish.
 *
 * A side can be there before the other is. What comes in meanwhile is held: one read, for with it
 * the stream is paused, and what was read before the side took over.
 */
import type { CloseReason, Stream, StreamHandler } from "../net/stream.ts";

/** Who joins two streams, and is told what happens on them. */
export interface SpliceOwner {
  /** A dialled stream is connected. */
  sideConnected(side: SpliceSide): void;
  /** The first bytes came in, or the end, and there is no other side yet. */
  sideHolds(side: SpliceSide): void;
  /** Bytes went from this side to the other. */
  sideMoved(side: SpliceSide, count: number): void;
  /** What the stream could not take is written out. */
  sideWrote(side: SpliceSide): void;
  /** The stream is closed, for that reason; the other is told when this returns. */
  sideClosed(side: SpliceSide, reason: CloseReason): void;
}

/** One of the two streams, and its handler. */
export class SpliceSide implements StreamHandler {
  readonly #owner: SpliceOwner;
  #stream: Stream | null = null;
  #peer: Stream | null = null;
  #held: Uint8Array[] = [];
  #ended = false;

  constructor(owner: SpliceOwner) {
    this.#owner = owner;
  }

  /** Null until the stream is known. */
  get stream(): Stream | null {
    return this.#stream;
  }

  /** It said something, or has ended, before there was anybody to tell. */
  get holds(): boolean {
    return this.#held.length > 0 || this.#ended;
  }

  /** The stream whose handler this is. */
  attach(stream: Stream): void {
    this.#stream = stream;
  }

  /** From now on bytes go to `peer`, those first that are held. */
  joinTo(peer: Stream): void {
    this.#peer = peer;
    const held = this.#held;
    this.#held = [];
    for (const bytes of held) {
      this.#owner.sideMoved(this, bytes.length);
      peer.write(bytes, 0, bytes.length);
    }
    if (this.#ended) peer.end();
    if (!peer.congested) this.#stream?.resume();
  }

  onConnected(): void {
    this.#owner.sideConnected(this);
  }

  onRead(bytes: Uint8Array, start: number, end: number): void {
    const peer = this.#peer;
    if (peer === null) {
      this.#hold(bytes, start, end);
      return;
    }
    if (peer.closed) {
      // Nobody is left to read it: say so as TCP itself would.
      this.#stream?.reset();
      return;
    }
    this.#owner.sideMoved(this, end - start);
    if (!peer.write(bytes, start, end)) this.#stream?.pause();
  }

  onReadEnd(): void {
    const isFirst = !this.holds;
    this.#ended = true;
    if (this.#peer !== null) this.#peer.end();
    else if (isFirst) this.#owner.sideHolds(this);
  }

  onWritable(): void {
    this.#peer?.resume();
    this.#owner.sideWrote(this);
  }

  onClosed(reason: CloseReason): void {
    this.#owner.sideClosed(this, reason);
    const peer = this.#peer;
    if (peer === null || peer.closed) return;
    if (reason !== "closed") peer.reset();
    else if (!this.#ended) peer.end();
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    const isFirst = !this.holds;
    this.#stream?.pause();
    this.#held.push(bytes.slice(start, end));
    if (isFirst) this.#owner.sideHolds(this);
  }
}

export interface SpliceListener {
  /** Bytes went from the first stream to the second (`forward`), or back. */
  spliceBytes(forward: boolean, count: number): void;
  /** Both are closed, or one was cut and the other with it. Once. */
  spliceEnded(reason: CloseReason): void;
}

/** Joins two streams that are connected, and whose bytes so far somebody else has seen to. */
export function splice(first: Stream, second: Stream, listener: SpliceListener): void {
  const joint = new Joint(listener);
  joint.join(first, second);
}

class Joint implements SpliceOwner {
  readonly #listener: SpliceListener;
  readonly #first = new SpliceSide(this);
  readonly #second = new SpliceSide(this);
  #openCount = 2;
  #reason: CloseReason = "closed";

  constructor(listener: SpliceListener) {
    this.#listener = listener;
  }

  join(first: Stream, second: Stream): void {
    this.#take(first, this.#first);
    this.#take(second, this.#second);
    this.#first.joinTo(second);
    this.#second.joinTo(first);
    // Either may have closed while the joint was being made.
    if (first.closed) this.#first.onClosed("reset");
    if (second.closed) this.#second.onClosed("reset");
  }

  #take(stream: Stream, side: SpliceSide): void {
    stream.handler = side;
    side.attach(stream);
    if (stream.ended) side.onReadEnd();
  }

  sideConnected(): void {}

  sideHolds(): void {}

  sideMoved(side: SpliceSide, count: number): void {
    this.#listener.spliceBytes(side === this.#first, count);
  }

  sideWrote(): void {}

  sideClosed(_side: SpliceSide, reason: CloseReason): void {
    if (reason !== "closed" && this.#reason === "closed") this.#reason = reason;
    this.#openCount -= 1;
    if (this.#openCount === 0) this.#listener.spliceEnded(this.#reason);
  }
}
