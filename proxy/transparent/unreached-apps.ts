/**
 * Applications of this workload that callers asked for and could not be reached. A caller sees no
 * more than a reset, so that this is where the reason can be found: most often the application
 * listens on 127.0.0.1 alone, where without a proxy it could not be reached either.
 */
import { type Address, formatAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";

/** Whoever tries one port after another must not grow it. */
export const UNREACHED_MAX = 16;
/** They come in crowds, and while an application starts. */
const TELL_EVERY_MS = 60_000;

export interface UnreachedApp {
  readonly address: string;
  /** Why the last connection did not get there. */
  readonly problem: string;
  /** In a row. */
  connections: number;
}

export class UnreachedApps {
  readonly #clock: Clock;
  readonly #log: Log;
  /** By address, in the order in which they were found. */
  readonly #known = new Map<string, UnreachedApp>();
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** `problem` as a person is told. */
  failed(meant: Address, problem: string): void {
    const address = formatAddress(meant);
    const connections = (this.#known.get(address)?.connections ?? 0) + 1;
    this.#known.set(address, { address, problem, connections });
    const [oldest = ""] = this.#known.keys();
    if (this.#known.size > UNREACHED_MAX) this.#known.delete(oldest);
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.#log.info("a caller was reset: the application cannot be reached", {
      problem,
      hint: "it must listen on that address, not on 127.0.0.1 alone",
    });
  }

  reached(meant: Address): void {
    if (this.#known.size > 0) this.#known.delete(formatAddress(meant));
  }

  /** Those that have not been reached since. */
  describe(): readonly UnreachedApp[] {
    return [...this.#known.values()];
  }
}
