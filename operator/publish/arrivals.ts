/**
 * Connections of which is not known yet who is at the other end. They are few per place and have
 * little time, whatever they do with it: say nothing, shake hands byte by byte, send half a head,
 * wait for a verdict on their token. So nobody without a credential keeps out those who have one.
 */
import type { Clock } from "../../base/clock.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";

export const ARRIVAL_LIMITS = {
  /** From the connection to the session. */
  timeoutMs: 10_000,
  /** All pods of a node may come from one address, and all at once. */
  ofAddressMax: 256,
  arrivalsMax: 2_048,
  checkMs: 1_000,
} as const;

export type ArrivalLimits = { readonly [name in keyof typeof ARRIVAL_LIMITS]: number };

/** The two ends of it tell a connection from all others that are open. */
export interface Arriving {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** As much of a socket as is needed. */
export interface ArrivingSocket extends Arriving {
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
}

export interface ArrivalsOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** `reason` from a closed set. */
  readonly turnedAway: (reason: "arrivals" | "arrival-timeout") => void;
  readonly limits?: Partial<ArrivalLimits>;
}

type ArrivalKey = string | Arriving;

interface Arrival {
  readonly socket: ArrivingSocket;
  readonly address: string;
  readonly sinceMs: number;
}

export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #limits: ArrivalLimits;
  /** In the order in which they came. */
  readonly #all = new Map<ArrivalKey, Arrival>();
  readonly #ofAddress = new Map<string, number>();
  #timer: TimerHandle | null = null;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
    this.#limits = { ...ARRIVAL_LIMITS, ...options.limits };
  }

  get size(): number {
    return this.#all.size;
  }

  /** Takes it in, or closes it. */
  add(socket: ArrivingSocket): void {
    const key = keyOf(socket);
    const address = socket.remoteAddress ?? "";
    const count = this.#ofAddress.get(address) ?? 0;
    const { arrivalsMax, ofAddressMax } = this.#limits;
    if (this.#all.size >= arrivalsMax || count >= ofAddressMax) {
      this.#options.turnedAway("arrivals");
      socket.destroy();
      return;
    }
    this.#all.set(key, { socket, address, sinceMs: this.#options.clock.nowMs() });
    this.#ofAddress.set(address, count + 1);
    socket.once("close", () => this.#remove(key));
    this.#armCheck();
  }

  /** It is known who it is. Of TLS it is another socket than what was added, with the same ends. */
  arrived(socket: Arriving): void {
    this.#remove(keyOf(socket));
  }

  stop(): void {
    if (this.#timer !== null) this.#options.timers.clear(this.#timer);
    this.#timer = null;
    for (const { socket } of [...this.#all.values()]) socket.destroy();
  }

  #remove(key: ArrivalKey): void {
    const arrival = this.#all.get(key);
    if (arrival === undefined) return;
    this.#all.delete(key);
    const left = (this.#ofAddress.get(arrival.address) ?? 0) - 1;
    if (left > 0) this.#ofAddress.set(arrival.address, left);
    else this.#ofAddress.delete(arrival.address);
  }

  #armCheck(): void {
    if (this.#timer !== null) return;
    this.#timer = this.#options.timers.set(this.#limits.checkMs, () => {
      this.#timer = null;
      this.#check();
      if (this.#all.size > 0) this.#armCheck();
    });
  }

  #check(): void {
    const lateMs = this.#options.clock.nowMs() - this.#limits.timeoutMs;
    for (const [key, { socket, sinceMs }] of [...this.#all]) {
      if (sinceMs > lateMs) return;
      this.#options.turnedAway("arrival-timeout");
      this.#remove(key);
      socket.destroy();
    }
  }
}

/** A socket in the file system has no ends that tell it from others, and no TLS. */
function keyOf(socket: Arriving): ArrivalKey {
  const { remoteAddress, remotePort } = socket;
  return remotePort === undefined ? socket : `${remoteAddress} ${remotePort}`;
}
