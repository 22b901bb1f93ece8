/**
 * The addresses that the data path has met, and what the mesh says stands there. Applications may
 * dial a great many that the mesh knows nothing of, so that there are bounds on how many are
 * followed, and on how fast the operator is asked: it takes what asks too fast for hostile.
 */
import type { AddressKey } from "../../mesh/address-key.ts";
import type { ProxyMessage } from "../../mesh/control-messages.ts";
import type { Revision } from "../../mesh/snapshot.ts";
import { RateLimiter } from "../limits/rate-limit.ts";
import { HeldAddress } from "./held.ts";

/** Each takes three messages of those that the operator allows: asked, acked, let go. */
export const ADDRESS_ASKS_PER_SECOND = 100;
export const ADDRESS_ASKS_BURST = 1_000;

/** Whether an answer may be hoped for: now, when an operator is back, or not from this one. */
export type AddressSource = "there" | "away" | "none";

export interface WatchedAddressesOptions {
  readonly addressesMax: number;
  /** How fast is asked, of what a proxy may: several that share one session share that too. */
  readonly asksShare?: number;
  readonly send: (message: ProxyMessage) => void;
  /** One had to make room, or was idle. */
  readonly dropped: (key: AddressKey) => void;
}

export class WatchedAddresses {
  readonly held = new Map<AddressKey, HeldAddress>();
  readonly #options: WatchedAddressesOptions;
  readonly #asks: RateLimiter;
  /** Whether the next operator is told what is held, or has to send everything again. */
  resumes = true;
  #source: AddressSource = "away";

  constructor(options: WatchedAddressesOptions) {
    this.#options = options;
    const { asksShare = 1 } = options;
    this.#asks = new RateLimiter({
      requestsPerSecond: ADDRESS_ASKS_PER_SECOND * asksShare,
      burst: Math.floor(ADDRESS_ASKS_BURST * asksShare),
      header: "",
    });
  }

  get source(): AddressSource {
    return this.#source;
  }

  /** Follows it from now on; null when too many were asked for in too short a time. */
  watch(key: AddressKey, nowMs: number): HeldAddress | null {
    const known = this.held.get(key);
    if (known !== undefined) {
      known.touchedMs = nowMs;
      return known;
    }
    return this.#asks.take("", nowMs) > 0 ? null : this.add(key, nowMs);
  }

  /** The same without a limit to how fast, for what was held before this process began. */
  add(key: AddressKey, nowMs: number): HeldAddress {
    if (this.held.size >= this.#options.addressesMax) this.#dropLeastUsed();
    const held = new HeldAddress(key, nowMs);
    this.held.set(key, held);
    this.#subscribe(key, "");
    return held;
  }

  touch(key: AddressKey, nowMs: number): void {
    const held = this.held.get(key);
    if (held !== undefined) held.touchedMs = nowMs;
  }

  dropIdle(idleSinceMs: number): void {
    for (const held of [...this.held.values()]) {
      if (held.touchedMs <= idleSinceMs) this.#drop(held);
    }
  }

  /**
   * The operator has welcomed us. The hello could not say what is held, because an operator that
   * knows no addresses would have taken it for nonsense.
   */
  attach(takesAddresses: boolean): void {
    this.#source = takesAddresses ? "there" : "none";
    for (const { key, revision } of this.held.values()) {
      this.#subscribe(key, this.resumes ? revision : "");
    }
  }

  detach(): void {
    if (this.#source === "there") this.#source = "away";
  }

  #subscribe(key: AddressKey, revision: Revision): void {
    if (this.#source !== "there") return;
    this.#options.send({ message: "subscribe", type: "address", key, revision });
  }

  /** Nobody follows it any more, and nobody is told. */
  release(key: AddressKey): void {
    if (!this.held.delete(key) || this.#source !== "there") return;
    this.#options.send({ message: "unsubscribe", type: "address", key });
  }

  #drop({ key }: HeldAddress): void {
    this.release(key);
    this.#options.dropped(key);
  }

  /** Those that the mesh does not know go first: to ask again costs nobody his route. */
  #dropLeastUsed(): void {
    let least: HeldAddress | undefined;
    for (const held of this.held.values()) {
      if (least === undefined || isLessUsed(held, least)) least = held;
    }
    if (least !== undefined) this.#drop(least);
  }
}

function isLessUsed(a: HeldAddress, b: HeldAddress): boolean {
  const aIsAbsent = a.state === "absent";
  if (aIsAbsent !== (b.state === "absent")) return aIsAbsent;
  return a.touchedMs < b.touchedMs;
}
