/**
 * Two streams joined: what comes in on one goes out on the other, with backpressure, and each
 * side's end is passed on by itself, so that a half-closed conversation can finish.
 */
import type { CloseReason, Stream, StreamHandler } from "../net/stream.ts";

export interface SpliceListener {
  /** Bytes went from the first stream to the second (`forward`), or back. */
  spliceBytes(forward: boolean, count: number): void;
  /** Both are closed, or one was cut and the other with it. Once. */
  spliceEnded(reason: CloseReason): void;
}

export function splice(first: Stream, second: Stream, listener: SpliceListener): void {
  const joint = new Joint(listener);
  first.handler = new Half(first, second, true, joint);
  second.handler = new Half(second, first, false, joint);
  // Either may have ended, or closed, while the joint was being made.
  if (first.ended) second.end();
  if (second.ended) first.end();
  if (first.closed) first.handler.onClosed("reset");
  if (second.closed) second.handler.onClosed("reset");
  first.resume();
  second.resume();
}

class Joint {
  readonly #listener: SpliceListener;
  #openCount = 2;
  #reason: CloseReason = "closed";

  constructor(listener: SpliceListener) {
    this.#listener = listener;
  }

  bytes(forward: boolean, count: number): void {
    this.#listener.spliceBytes(forward, count);
  }

  closed(reason: CloseReason): void {
    if (reason !== "closed") this.#reason = reason;
    this.#openCount -= 1;
    if (this.#openCount === 0) this.#listener.spliceEnded(this.#reason);
  }
}

class Half implements StreamHandler {
  readonly #self: Stream;
  readonly #peer: Stream;
  readonly #forward: boolean;
  readonly #joint: Joint;

  constructor(self: Stream, peer: Stream, forward: boolean, joint: Joint) {
    this.#self = self;
    this.#peer = peer;
    this.#forward = forward;
    this.#joint = joint;
  }

  onConnected(): void {}

  onRead(bytes: Uint8Array, start: number, end: number): void {
    if (this.#peer.closed) {
      // Nobody is left to read it: say so as TCP itself would.
      this.#self.reset();
      return;
    }
    this.#joint.bytes(this.#forward, end - start);
    if (!this.#peer.write(bytes, start, end)) this.#self.pause();
  }

  onReadEnd(): void {
    this.#peer.end();
  }

  onWritable(): void {
    this.#peer.resume();
  }

  onClosed(reason: CloseReason): void {
    if (!this.#peer.closed) {
      if (reason === "closed") this.#peer.end();
      else this.#peer.reset();
    }
    this.#joint.closed(reason);
  }
}
