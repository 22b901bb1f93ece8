/**
 * How long a caller may take, to send and to read. A head has a time to be whole, a body must keep
 * moving and, over all, move fast enough, and a kept connection may only be idle for so long.
 * Bytes that trickle in one by one buy no time.
 */
import { Fault } from "../../base/fault.ts";

export interface ServerTiming {
  /** From the first byte of a head to its end, and from accept to the first byte. */
  readonly headTimeoutMs: number;
  /** Between requests of a kept connection. */
  readonly idleTimeoutMs: number;
  /** Between two pieces of a body. */
  readonly bodyIdleTimeoutMs: number;
  /** Below this, over the whole body and after one idle timeout, a sender is too slow. */
  readonly bodyBytesPerSecondMin: number;
  /** How long the rest of a request is thrown away after the last answer of a connection. */
  readonly lingerMs: number;
  /** The same while the proxy stops: a caller that does not close its side must not keep it. */
  readonly drainedLingerMs: number;
}

export const DEFAULT_SERVER_TIMING: ServerTiming = {
  headTimeoutMs: 10_000,
  idleTimeoutMs: 75_000,
  bodyIdleTimeoutMs: 30_000,
  bodyBytesPerSecondMin: 64,
  lingerMs: 2_000,
  drainedLingerMs: 200,
};

const FIRST = 0;
const IDLE = 1;
const IN_HEAD = 2;
const IN_BODY = 3;

/** Time in which nothing is due because the next move is ours. */
const RECHECK_MS = 5_000;

export class CallerWatch {
  readonly #timing: ServerTiming;
  #phase = FIRST;
  #sinceMs: number;
  /** Of a body: bytes at the last check, and when they last changed. */
  #bytes = 0;
  #movedMs = 0;
  #waitedForUs = false;
  /** Of an answer: bytes at the last check, and when they last changed. */
  #answerBytes = 0;
  #answerMovedMs = 0;

  constructor(timing: ServerTiming, nowMs: number) {
    this.#timing = timing;
    this.#sinceMs = nowMs;
  }

  /** A head or a body has begun to come in pieces. False: that was known already. */
  begin(inBody: boolean, nowMs: number): boolean {
    const phase = inBody ? IN_BODY : IN_HEAD;
    if (this.#phase === phase) return false;
    this.#phase = phase;
    this.#sinceMs = nowMs;
    this.#movedMs = nowMs;
    this.#bytes = 0;
    return true;
  }

  /** The request is whole, or the connection waits for the next one. */
  idle(nowMs: number): void {
    this.#phase = IDLE;
    this.#sinceMs = nowMs;
  }

  /** An answer that the caller does not read would be kept for ever. */
  isReaderStuck(nowMs: number, congested: boolean, answerBytes: number): boolean {
    if (!congested || answerBytes !== this.#answerBytes) {
      this.#answerBytes = answerBytes;
      this.#answerMovedMs = nowMs;
      return false;
    }
    return nowMs - this.#answerMovedMs >= this.#timing.bodyIdleTimeoutMs;
  }

  /** What is wrong by now, or null. `waitsForUs`: the caller could not go on if it wanted to. */
  check(nowMs: number, bodyBytes: number, waitsForUs: boolean): Fault | null {
    this.#waitedForUs = waitsForUs;
    if (waitsForUs) {
      // The clock starts anew when the caller can move again.
      this.#movedMs = nowMs;
      return null;
    }
    const { headTimeoutMs, idleTimeoutMs } = this.#timing;
    const elapsedMs = nowMs - this.#sinceMs;
    switch (this.#phase) {
      case IDLE:
        return elapsedMs >= idleTimeoutMs ? new Fault("head-timeout") : null;
      case IN_BODY:
        return this.#checkBody(nowMs, bodyBytes);
      default:
        return elapsedMs >= headTimeoutMs ? new Fault("head-timeout") : null;
    }
  }

  /** After which time a check can find something new. */
  nextCheckMs(nowMs: number): number {
    if (this.#waitedForUs) return RECHECK_MS;
    const { headTimeoutMs, idleTimeoutMs, bodyIdleTimeoutMs } = this.#timing;
    if (this.#phase === IN_BODY) return bodyIdleTimeoutMs / 2;
    const limitMs = this.#phase === IDLE ? idleTimeoutMs : headTimeoutMs;
    return Math.max(0, this.#sinceMs + limitMs - nowMs);
  }

  #checkBody(nowMs: number, bodyBytes: number): Fault | null {
    const { bodyIdleTimeoutMs, bodyBytesPerSecondMin } = this.#timing;
    if (bodyBytes !== this.#bytes) {
      this.#bytes = bodyBytes;
      this.#movedMs = nowMs;
    } else if (nowMs - this.#movedMs >= bodyIdleTimeoutMs) {
      return new Fault("body-timeout", "nothing came for too long");
    }
    const elapsedMs = nowMs - this.#sinceMs;
    const leastBytes = (bodyBytesPerSecondMin * elapsedMs) / 1_000;
    if (elapsedMs < bodyIdleTimeoutMs || bodyBytes >= leastBytes) return null;
    return new Fault("body-timeout", `less than ${bodyBytesPerSecondMin} bytes a second`);
  }
}
