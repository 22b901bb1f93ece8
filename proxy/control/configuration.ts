/**
 * What the proxy holds of the mesh. The data path asks for a destination when it is first dialled
 * and is told when something changes; the control client brings what the operator sends. Nothing
 * is ever taken away for want of an operator: what was right last stays live, and its age is there
 * for all to see.
 */
import type { Clock } from "../../base/clock.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { AddressKey } from "../../mesh/address-key.ts";
import {
  type Ack,
  CONTROL_LIMITS,
  type Current,
  type Delta,
  type Holding,
  type Nack,
  type ProxyMessage,
  type Snapshot,
} from "../../mesh/control-messages.ts";
import type { Destination } from "../../mesh/destination.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Workload } from "../../mesh/workload.ts";
import {
  type AddressState,
  type DestinationState,
  type HeldAddress,
  HeldDestination,
} from "./held.ts";
import { type ConfigurationEntry, Holdings } from "./holdings.ts";
import { type ConfigurationListener, Intake, type Named } from "./intake.ts";
import type { Resource } from "./read-resource.ts";
import { Turns } from "./turns.ts";
import { type AddressSource, WatchedAddresses } from "./watched-addresses.ts";

export const DESTINATIONS_MAX = CONTROL_LIMITS.destinationsMax;
export const ADDRESSES_MAX = CONTROL_LIMITS.addressesMax;
/** A destination, or an address, that nobody used for so long is let go. */
export const DESTINATION_IDLE_MS = 600_000;

export interface ConfigurationOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly idleMs?: number;
  readonly destinationsMax?: number;
  readonly addressesMax?: number;
  /**
   * The data path's own word on a destination before it can go live, for instance that all its
   * expressions compile: undefined, or one line about what is wrong.
   */
  readonly accept?: (destination: Destination) => string | undefined;
  /** False: it is live here and not everywhere yet; whoever says so calls `answer` later. */
  readonly mayAck?: (named: Named) => boolean;
  /** Where the uplink leads to somebody who passes on: what the operator behind can tell. */
  readonly addressSource?: () => AddressSource;
  /** How fast addresses are asked for, as a share of what a proxy may; all of it if absent. */
  readonly addressAsksShare?: number;
}

/** The way to the operator while there is one. */
export interface ConfigurationUplink {
  /** Whether the operator knows what stands at addresses. */
  readonly takesAddresses?: boolean;
  send(message: ProxyMessage): void;
}

/** A resource from a snapshot file. */
export interface Restored {
  readonly named: Named;
  readonly resource: Resource;
  readonly receivedAtWallMs: number;
}

export class Configuration {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #idleMs: number;
  readonly #destinationsMax: number;
  readonly #listeners: ConfigurationListener[] = [];
  readonly #holdings = new Holdings();
  readonly #addresses: WatchedAddresses;
  readonly #intake: Intake;
  readonly #turns: Turns;
  readonly #addressSource: (() => AddressSource) | null;
  #uplink: ConfigurationUplink | null = null;
  /** What the hello of the session has said that we hold, until the session has begun. */
  #announced: readonly Holding[] = [];
  #idleTimer: TimerHandle | null = null;

  constructor(options: ConfigurationOptions) {
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#idleMs = options.idleMs ?? DESTINATION_IDLE_MS;
    this.#destinationsMax = options.destinationsMax ?? DESTINATIONS_MAX;
    this.#turns = new Turns(options.timers);
    const send = (message: ProxyMessage) => this.#uplink?.send(message);
    this.#addressSource = options.addressSource ?? null;
    this.#addresses = new WatchedAddresses({
      asksShare: options.addressAsksShare ?? 1,
      addressesMax: options.addressesMax ?? ADDRESSES_MAX,
      send,
      dropped: (key) => {
        for (const one of this.#listeners) one.addressDropped?.(key);
      },
    });
    this.#intake = new Intake({
      clock: options.clock,
      holdings: this.#holdings,
      addresses: this.#addresses.held,
      accept: options.accept ?? (() => undefined),
      mayAck: options.mayAck ?? (() => true),
      send,
      listener: {
        addressChanged: (key, state) => {
          for (const one of this.#listeners) one.addressChanged?.(key, state);
        },
        // Told by whoever drops it; the intake never does.
        addressDropped: () => {},
        destinationChanged: (key, live) => {
          for (const one of this.#listeners) one.destinationChanged?.(key, live);
        },
        endpointsChanged: (service, set) => {
          for (const one of this.#listeners) one.endpointsChanged?.(service, set);
        },
        destinationDropped: (key) => {
          for (const one of this.#listeners) one.destinationDropped?.(key);
        },
        workloadChanged: (workload) => {
          for (const one of this.#listeners) one.workloadChanged?.(workload);
        },
      },
    });
  }

  listen(listener: ConfigurationListener): void {
    this.#listeners.push(listener);
  }

  /** Null until the operator, or a snapshot file, has said where this proxy is. */
  get workload(): Workload | null {
    return this.#holdings.workload?.workload ?? null;
  }

  /** What is known of a destination now. The first call starts to follow it. */
  watch(key: ServiceKey): DestinationState {
    const { destinations } = this.#holdings;
    const held = destinations.get(key);
    if (held !== undefined) {
      held.touchedMs = this.#clock.nowMs();
      return held.state;
    }
    if (destinations.size >= this.#destinationsMax) this.#dropLeastUsed();
    destinations.set(key, new HeldDestination(key, this.#clock.nowMs()));
    this.#uplink?.send({ message: "subscribe", type: "destination", key, revision: "" });
    this.#armIdleTimer();
    return "pending";
  }

  /** It is in use. Cheap, but need not be called more often than every few seconds. */
  touch(key: ServiceKey): void {
    const held = this.#holdings.destinations.get(key);
    if (held !== undefined) held.touchedMs = this.#clock.nowMs();
  }

  /** Stops following a destination. Listeners are not told: it was asked for. */
  release(key: ServiceKey): void {
    const held = this.#holdings.destinations.get(key);
    if (held === undefined) return;
    this.#holdings.destinations.delete(key);
    this.#uplink?.send({ message: "unsubscribe", type: "destination", key });
    held.state = "pending";
    held.candidate = null;
    this.#unsubscribe(this.#holdings.claim(held));
  }

  /**
   * What is known of an address now. The first call starts to follow it. Null: it is not followed,
   * because too many others were asked for in too short a time.
   */
  watchAddress(key: AddressKey): AddressState | null {
    const held = this.#addresses.watch(key, this.#clock.nowMs());
    if (held !== null) this.#armIdleTimer();
    return held?.state ?? null;
  }

  /** Like `touch`, for an address. */
  touchAddress(key: AddressKey): void {
    this.#addresses.touch(key, this.#clock.nowMs());
  }

  /** Stops following an address. Listeners are not told: it was asked for. */
  releaseAddress(key: AddressKey): void {
    this.#addresses.release(key);
  }

  /** Whether what stands at an address may be told soon. */
  get addressSource(): AddressSource {
    return this.#addressSource?.() ?? this.#addresses.source;
  }

  /** Every address that is followed, for people and for whoever writes a snapshot file. */
  get addresses(): Iterable<Readonly<HeldAddress>> {
    return this.#addresses.held.values();
  }

  /** One of them; undefined when it is not followed. */
  followed(key: AddressKey): Readonly<HeldAddress> | undefined {
    return this.#addresses.held.get(key);
  }

  /** Everything that is held besides addresses, for people. */
  entries(): readonly ConfigurationEntry[] {
    return this.#holdings.entries(this.#clock);
  }

  /** Whether all that was asked for has come, or was refused. */
  get isSettled(): boolean {
    if (!this.#turns.isIdle) return false;
    for (const held of this.#holdings.destinations.values()) {
      if (held.candidate !== null) return false;
      if (held.state === "pending" && held.problem === "") return false;
    }
    return true;
  }

  /** For whoever writes a snapshot file: what is live now. */
  get holdings(): Readonly<Holdings> {
    return this.#holdings;
  }

  /** Takes what a snapshot file held. Before any session; what is held already is newer. */
  restore(resources: readonly Restored[]): void {
    for (const { named, resource, receivedAtWallMs } of resources) {
      if (resource.type === "destination") this.watch(resource.key);
      if (resource.type === "address") this.#addresses.add(resource.key, this.#clock.nowMs());
      this.#intake.take(named, resource, receivedAtWallMs);
    }
  }

  /**
   * A connection is open: says what to put into the hello. Without `resume` nothing is said to be
   * held, and the operator sends everything again.
   */
  beginSession(resume: boolean): readonly Holding[] {
    this.endSession();
    for (const held of this.#holdings.destinations.values()) {
      held.candidate = null;
      this.#holdings.claim(held);
    }
    this.#announced = resume ? this.#holdings.list() : [];
    this.#addresses.resumes = resume;
    return this.#announced;
  }

  /** The operator has welcomed us: says what the hello did not, or says no longer. */
  attach(uplink: ConfigurationUplink): void {
    this.#uplink = uplink;
    const { destinations, sets } = this.#holdings;
    const announced = new Set<string>();
    for (const { type, key } of this.#announced) {
      // What is not in a map is not held, so that the kind of key does not matter.
      const held = type === "destination" ? destinations : sets;
      if (type === "destination") announced.add(key);
      if (type !== "workload" && !held.has(key as ServiceKey)) {
        uplink.send({ message: "unsubscribe", type, key });
      }
    }
    this.#announced = [];
    for (const key of destinations.keys()) {
      if (announced.has(key)) continue;
      uplink.send({ message: "subscribe", type: "destination", key, revision: "" });
    }
    this.#addresses.attach(uplink.takesAddresses ?? false);
  }

  /** What has come and was not taken yet is sent again in the next session. */
  endSession(): void {
    this.#turns.drop();
    this.#uplink = null;
    this.#announced = [];
    this.#addresses.detach();
  }

  /** False when the operator contradicts what is held. `text` is the message as it came. */
  receive(message: Snapshot | Delta | Current, text: string): boolean {
    switch (message.message) {
      case "snapshot":
        this.#turns.add(this.#intake.snapshot(message, text));
        return true;
      case "delta":
        this.#turns.add(this.#intake.delta(message));
        return true;
      case "current":
        // It speaks of what was sent before it. Rare: once for each resource of a new session.
        this.#turns.finish();
        return this.#intake.current(message);
    }
  }

  /** An ack that had to wait, or what came of it instead. */
  answer(message: Ack | Nack): void {
    this.#uplink?.send(message);
  }

  stop(): void {
    this.endSession();
    if (this.#idleTimer !== null) this.#timers.clear(this.#idleTimer);
    this.#idleTimer = null;
  }

  #unsubscribe(sets: readonly ServiceKey[]): void {
    for (const key of sets) {
      this.#uplink?.send({ message: "unsubscribe", type: "endpoints", key });
    }
  }

  #drop(held: HeldDestination): void {
    this.release(held.key);
    for (const one of this.#listeners) one.destinationDropped?.(held.key);
  }

  #dropLeastUsed(): void {
    const least = this.#holdings.leastUsed();
    if (least !== undefined) this.#drop(least);
  }

  /** One timer for all, a quarter of the idle time apart: nobody counts on the exact moment. */
  #armIdleTimer(): void {
    const count = this.#holdings.destinations.size + this.#addresses.held.size;
    if (this.#idleTimer !== null || count === 0) return;
    this.#idleTimer = this.#timers.set(this.#idleMs / 4, () => {
      this.#idleTimer = null;
      const idleSinceMs = this.#clock.nowMs() - this.#idleMs;
      for (const held of [...this.#holdings.destinations.values()]) {
        if (held.touchedMs <= idleSinceMs) this.#drop(held);
      }
      this.#addresses.dropIdle(idleSinceMs);
      this.#armIdleTimer();
    });
  }
}
