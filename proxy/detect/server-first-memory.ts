/**
 * Where the server was seen to speak first: there the next connection does not wait for its client
 * before the server is dialled. Only what was really seen is remembered, and only for a while: a
 * slow client says nothing about the server, and an address may become somebody else's.
 */
import type { Clock } from "../../base/clock.ts";

/** Destinations that are remembered; beyond it the one that was seen longest ago is forgotten. */
export const SERVER_FIRST_MAX = 1_024;

export const SERVER_FIRST_KEEP_MS = 10 * 60_000;

export class ServerFirstMemory {
  readonly #clock: Clock;
  /** When each is forgotten, the soonest first, because all are kept equally long. */
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** With those whose time is over, until somebody looks at them. */
  get size(): number {
    return this.#untilMs.size;
  }

  /** The server of a destination (its address as text) spoke before its client. */
  learn(destination: string): void {
    this.#untilMs.delete(destination);
    this.#untilMs.set(destination, this.#clock.nowMs() + SERVER_FIRST_KEEP_MS);
    if (this.#untilMs.size <= SERVER_FIRST_MAX) return;
    for (const oldest of this.#untilMs.keys()) {
      this.#untilMs.delete(oldest);
      return;
    }
  }

  has(destination: string): boolean {
    const untilMs = this.#untilMs.get(destination);
    if (untilMs === undefined) return false;
    if (this.#clock.nowMs() < untilMs) return true;
    this.#untilMs.delete(destination);
    return false;
  }

  /** A client spoke first there. */
  forget(destination: string): void {
    this.#untilMs.delete(destination);
  }
}
