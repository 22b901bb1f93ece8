/**
 * The addresses that applications have dialled, each with what the mesh says stands there, and the
 * connections that wait for the first word about one. The configuration decides how many there may
 * be and drops those that nobody uses; this table follows it.
 *
 * Nobody waits in vain more than once in a while: when the time was over and nothing had come, the
 * address is left alone for some time, and with no operator connected so are all the others.
 */
import type { Address } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import { type TimerOwner, type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import { type AddressKey, addressKey } from "../../mesh/address-key.ts";
import type { Configuration } from "../control/configuration.ts";
import type { AddressState } from "../control/held.ts";
import type { ConfigurationListener } from "../control/intake.ts";

/** How long a connection waits for the first word about an address that was never dialled. */
export const FIRST_ANSWER_MS = 1_000;

/** After that was in vain, others do not wait for this long. */
export const UNANSWERED_MS = 10_000;

/** Connections that may wait for one address. */
export const ADDRESS_WAITING_MAX = 256;

/** An address in use is reported to the configuration no more often than this. */
const TOUCH_MS = 5_000;

/** A connection that waits. */
export interface AddressWaiter {
  /** The word has come; or the slot is still pending, and will not be waited for any longer. */
  addressDecided(slot: AddressSlot): void;
}

export class AddressSlot implements TimerOwner {
  /** Null where the address is none that the mesh could ever know. */
  readonly key: AddressKey | null;
  /** `unknown`: the mesh knows nothing of it. */
  state: "pending" | "unknown" | "service" | "endpoint" = "pending";
  binding: AddressBinding | null = null;
  touchedMs = 0;
  /** No longer in the table: whoever remembers it must ask again. */
  dropped = false;
  /** Until then nobody waits for it. */
  unansweredUntilMs = 0;
  readonly waiting = new Set<AddressWaiter>();
  readonly timer = new WheelTimer(this);
  readonly #expired: (slot: AddressSlot) => void;

  constructor(key: AddressKey | null, expired: (slot: AddressSlot) => void) {
    this.key = key;
    this.#expired = expired;
  }

  onTimer(): void {
    this.#expired(this);
  }
}

export interface AddressTableDeps {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** False: there is nobody to ask, and so nothing to wait for. */
  readonly hasOperator: boolean;
}

export class AddressTable implements ConfigurationListener {
  readonly #deps: AddressTableDeps;
  readonly #slots = new Map<AddressKey, AddressSlot>();
  /** With no operator connected: until then nobody waits for any address. */
  #awayUntilMs = 0;
  readonly #expire = (slot: AddressSlot): void => this.#expired(slot);

  constructor(deps: AddressTableDeps) {
    this.#deps = deps;
    deps.configuration.listen(this);
  }

  get slots(): IterableIterator<AddressSlot> {
    return this.#slots.values();
  }

  /**
   * The slot of an address, followed from now on. Where that cannot be, because it is none of the
   * mesh's or because too many are met at once, the slot is nobody else's and stays as it is.
   */
  slot(address: Address, nowMs: number): AddressSlot {
    const key = addressKey(address.host, address.port);
    const known = key === undefined ? undefined : this.#slots.get(key);
    if (known !== undefined) {
      this.touch(known, nowMs);
      return known;
    }
    const slot = new AddressSlot(key ?? null, this.#expire);
    slot.touchedMs = nowMs;
    if (key === undefined) slot.state = "unknown";
    const state = key === undefined ? null : this.#deps.configuration.watchAddress(key);
    if (key === undefined || state === null) {
      slot.dropped = true;
      return slot;
    }
    this.#slots.set(key, slot);
    take(slot, state);
    return slot;
  }

  /** Must be called for slots in use, or the configuration drops them as idle. */
  touch(slot: AddressSlot, nowMs: number): void {
    if (slot.key === null || nowMs - slot.touchedMs < TOUCH_MS) return;
    slot.touchedMs = nowMs;
    this.#deps.configuration.touchAddress(slot.key);
  }

  /** Lets a connection wait for a pending slot. False: there is nothing to wait for. */
  wait(slot: AddressSlot, waiter: AddressWaiter, nowMs: number): boolean {
    if (slot.state !== "pending" || slot.dropped || !this.#mayAnswer(slot, nowMs)) return false;
    if (slot.waiting.size >= ADDRESS_WAITING_MAX) return false;
    slot.waiting.add(waiter);
    if (!slot.timer.isScheduled) this.#deps.wheel.schedule(slot.timer, FIRST_ANSWER_MS);
    return true;
  }

  /** A connection that waits has ended; it is not told anything. */
  leave(slot: AddressSlot, waiter: AddressWaiter): void {
    slot.waiting.delete(waiter);
    if (slot.waiting.size === 0) this.#deps.wheel.cancel(slot.timer);
  }

  addressChanged(key: AddressKey, state: AddressBinding | "absent"): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    take(slot, state);
    this.#tell(slot);
  }

  addressDropped(key: AddressKey): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    slot.dropped = true;
    this.#slots.delete(key);
    this.#tell(slot);
  }

  #mayAnswer(slot: AddressSlot, nowMs: number): boolean {
    const { hasOperator, configuration } = this.#deps;
    const { addressSource } = configuration;
    if (!hasOperator || addressSource === "none" || nowMs < slot.unansweredUntilMs) return false;
    return addressSource === "there" || nowMs >= this.#awayUntilMs;
  }

  /** Those that wait have waited long enough. */
  #expired(slot: AddressSlot): void {
    const untilMs = this.#deps.clock.nowMs() + UNANSWERED_MS;
    slot.unansweredUntilMs = untilMs;
    if (this.#deps.configuration.addressSource === "away") this.#awayUntilMs = untilMs;
    this.#tell(slot);
  }

  #tell(slot: AddressSlot): void {
    this.#deps.wheel.cancel(slot.timer);
    const waiting = [...slot.waiting];
    slot.waiting.clear();
    for (const waiter of waiting) waiter.addressDecided(slot);
  }
}

function take(slot: AddressSlot, state: AddressState): void {
  if (state === "pending") return;
  slot.binding = state === "absent" ? null : state;
  slot.state = slot.binding?.kind ?? "unknown";
}
