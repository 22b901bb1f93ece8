/**
 * Tells a quiet peer from a dead one: a TCP connection whose other end has vanished without a word
 * looks idle for ever. Either side asks when it has heard nothing for one heartbeat, and gives up
 * when nothing came for one and a half more. Time that this process itself did not run does not
 * count against the peer, because giving up always needs a ping that had its time.
 */
import { SILENCE_FACTOR } from "./control-messages.ts";

export class Heartbeat {
  readonly #heartbeatMs: number;
  #heardMs: number;
  /** When the unanswered ping left; negative when none is out. */
  #pingedMs = -1;

  constructor(heartbeatMs: number, nowMs: number) {
    this.#heartbeatMs = heartbeatMs;
    this.#heardMs = nowMs;
  }

  /** Any message will do. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#pingedMs = -1;
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  /** What to do now. After `ping` it is taken that one was sent. */
  check(nowMs: number): "quiet" | "ping" | "dead" {
    if (this.#pingedMs >= 0) {
      const patienceMs = this.#heartbeatMs * (SILENCE_FACTOR - 1);
      return nowMs - this.#pingedMs >= patienceMs ? "dead" : "quiet";
    }
    if (nowMs - this.#heardMs < this.#heartbeatMs) return "quiet";
    this.#pingedMs = nowMs;
    return "ping";
  }

  /** How long until `check` can have something new to say. */
  dueInMs(nowMs: number): number {
    const dueMs =
      this.#pingedMs >= 0
        ? this.#pingedMs + this.#heartbeatMs * (SILENCE_FACTOR - 1)
        : this.#heardMs + this.#heartbeatMs;
    return Math.max(0, dueMs - nowMs);
  }
}
