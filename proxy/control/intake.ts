/**
 * Takes what the operator sends into what the proxy holds. A destination waits as a candidate
 * until every endpoint set that it names is there, goes live in one step, and is acked then:
 * routes and endpoints never disagree. Whatever is refused leaves what was live before it alone.
 */
import type { Clock } from "../../base/clock.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import type { AddressKey } from "../../mesh/address-key.ts";
import type {
  Current,
  Delta,
  NackCode,
  ProxyMessage,
  Snapshot,
} from "../../mesh/control-messages.ts";
import type { Destination } from "../../mesh/destination.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { ResourceType, Revision } from "../../mesh/snapshot.ts";
import type { Workload } from "../../mesh/workload.ts";
import type { HeldAddress, HeldDestination, HeldSet, LiveDestination } from "./held.ts";
import type { Holdings } from "./holdings.ts";
import {
  type Refusal,
  type Resource,
  readDelta,
  readSnapshotBody,
  snapshotProblem,
} from "./read-resource.ts";
import type { Steps } from "./turns.ts";

/** A smaller snapshot, or a delta to a smaller set, takes less than a millisecond altogether. */
const STEPPED_LENGTH_MIN = 32_768;
const STEPPED_ENDPOINTS_MIN = 200;

/** Told after the change, in the order in which things changed. Must not throw. */
export interface ConfigurationListener {
  /** Its rules changed, or it came, or it turned out that there is none. */
  destinationChanged?(key: ServiceKey, live: LiveDestination | "absent"): void;
  /** Endpoints changed and rules did not. Every live destination that names the set has it. */
  endpointsChanged?(service: ServiceKey, set: EndpointSet): void;
  /** It was idle, or had to make room: nobody follows it any more until it is watched again. */
  destinationDropped?(key: ServiceKey): void;
  workloadChanged?(workload: Workload): void;
  /** Something else stands there, or it turned out what does. */
  addressChanged?(key: AddressKey, state: AddressBinding | "absent"): void;
  /** It was idle, or had to make room: nobody follows it any more until it is watched again. */
  addressDropped?(key: AddressKey): void;
}

export interface IntakeOptions {
  readonly clock: Clock;
  readonly holdings: Holdings;
  readonly addresses: ReadonlyMap<AddressKey, HeldAddress>;
  readonly listener: Required<ConfigurationListener>;
  readonly accept: (destination: Destination) => string | undefined;
  /** Whether what is live here may be called live; if not, somebody does it later. */
  readonly mayAck: (named: Named) => boolean;
  readonly send: (message: ProxyMessage) => void;
}

/** Names one revision of one resource. */
export interface Named {
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: Revision;
}

export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * `text` is the message as it came, over which the revision is checked. A large one ends a step
   * after each part of the work, so that no turn of the loop has to do all of it.
   */
  *snapshot(message: Snapshot, text: string): Steps {
    if (this.#isUnwanted(message)) return;
    const isLarge = text.length >= STEPPED_LENGTH_MIN;
    if (isLarge) yield;
    const problem = snapshotProblem(message, text);
    if (isLarge) yield;
    const read = problem ?? readSnapshotBody(message);
    if (isLarge) yield;
    if (this.#isUnwanted(message)) return;
    if (read.type === "refusal") this.#refuse(message, read);
    else this.take(message, read, this.#options.clock.wallMs());
  }

  *delta(message: Delta): Steps {
    if (this.#isUnwanted(message)) return;
    const base = this.#baseOf(message);
    const isLarge = base !== null && base.endpoints.length >= STEPPED_ENDPOINTS_MIN;
    if (isLarge) yield;
    const read = base === null ? undefined : readDelta(message, base);
    if (isLarge) yield;
    if (this.#isUnwanted(message)) return;
    if (read === undefined || this.#baseOf(message) !== base) {
      // Whatever went wrong, the whole set puts it right.
      const { type, key } = message;
      this.#options.send({ message: "subscribe", type, key, revision: "" });
    } else if (read.type === "refusal") {
      this.#refuse(message, read);
    } else {
      this.take(message, read, this.#options.clock.wallMs());
    }
  }

  /** False when the operator speaks of a revision that is not held: then nothing is certain. */
  current(message: Current): boolean {
    const { holdings } = this.#options;
    switch (message.type) {
      case "workload":
        return holdings.workload?.revision === message.revision;
      case "destination":
        return agrees(this.#destinationOf(message.key), message);
      case "endpoints":
        return agrees(this.#setOf(message.key), message);
      case "address":
        return agrees(this.#addressOf(message.key), message);
    }
  }

  /**
   * What was let go since it was sent crosses our word of it on the way. A set is let go again,
   * because the operator may have sent it after it heard the first time.
   */
  #isUnwanted(message: Named): boolean {
    const { type, key } = message;
    if (type === "destination") return this.#destinationOf(key) === undefined;
    if (type === "address") return this.#addressOf(key) === undefined;
    if (type === "workload" || this.#setOf(key) !== undefined) return false;
    this.#options.send({ message: "unsubscribe", type, key });
    return true;
  }

  /** Takes a resource that has passed every check, wherever it is from. */
  take(named: Named, resource: Resource, wallMs: number): void {
    switch (resource.type) {
      case "workload":
        this.#takeWorkload(named, resource.workload, wallMs);
        break;
      case "destination":
        this.#takeDestination(named, resource.key, resource.destination, wallMs);
        break;
      case "endpoints":
        this.#takeSet(named, resource.key, resource.set, wallMs);
        break;
      case "address":
        this.#takeAddress(named, resource.key, resource.binding, wallMs);
        break;
    }
  }

  #takeWorkload(named: Named, workload: Workload, wallMs: number): void {
    const { holdings, listener } = this.#options;
    const isNew = holdings.workload?.revision !== named.revision;
    const { revision } = named;
    holdings.workload = { workload, revision, receivedAtWallMs: wallMs };
    if (isNew) listener.workloadChanged(workload);
    this.#ack(named);
  }

  #takeDestination(
    named: Named,
    key: ServiceKey,
    destination: Destination | null,
    wallMs: number,
  ): void {
    const held = this.#options.holdings.destinations.get(key);
    if (held === undefined) return;
    if (held.revision === named.revision) {
      held.candidate = null;
      held.problem = "";
      held.receivedAtWallMs = wallMs;
      this.#ack(named);
      this.#claim(held);
    } else if (destination === null) {
      this.#goAbsent(held, named, wallMs);
    } else {
      this.#takeCandidate(held, named, destination, wallMs);
    }
  }

  #goAbsent(held: HeldDestination, named: Named, wallMs: number): void {
    held.state = "absent";
    held.revision = named.revision;
    held.receivedAtWallMs = wallMs;
    held.candidate = null;
    held.problem = "";
    held.endpoints = new Map();
    this.#options.listener.destinationChanged(held.key, "absent");
    this.#ack(named);
    this.#claim(held);
  }

  #takeCandidate(
    held: HeldDestination,
    named: Named,
    destination: Destination,
    wallMs: number,
  ): void {
    const { holdings, accept } = this.#options;
    if (!holdings.hasRoomFor(destination.endpointSets)) {
      const reason = "this proxy would hold too many endpoint sets";
      this.#refuse(named, { type: "refusal", code: "too-large", reason });
      return;
    }
    const problem = accept(destination);
    if (problem !== undefined) {
      this.#refuse(named, { type: "refusal", code: "invalid", reason: problem });
      return;
    }
    held.candidate = { revision: named.revision, destination, receivedAtWallMs: wallMs };
    this.#claim(held);
    this.#goLiveIfComplete(held);
  }

  #goLiveIfComplete(held: HeldDestination): void {
    const { candidate } = held;
    if (candidate === null) return;
    const endpoints = new Map<ServiceKey, EndpointSet>();
    for (const key of candidate.destination.endpointSets) {
      const set = this.#options.holdings.sets.get(key)?.set;
      if (set === undefined || set === null) return;
      endpoints.set(key, set);
    }
    const { key } = held;
    const { revision, destination, receivedAtWallMs } = candidate;
    const live = { key, revision, destination, endpoints, receivedAtWallMs };
    held.state = live;
    held.endpoints = endpoints;
    held.revision = revision;
    held.receivedAtWallMs = receivedAtWallMs;
    held.candidate = null;
    held.problem = "";
    this.#options.listener.destinationChanged(key, live);
    this.#ack({ type: "destination", key, revision });
    this.#claim(held);
  }

  #takeSet(named: Named, key: ServiceKey, found: EndpointSet | null, wallMs: number): void {
    const held = this.#options.holdings.sets.get(key);
    if (held === undefined) return;
    const isNew = held.revision !== named.revision;
    const set = found ?? { service: key, source: "", synced: true, endpoints: [] };
    held.revision = named.revision;
    held.receivedAtWallMs = wallMs;
    if (isNew || held.set === null) this.#putSet(held, set);
    this.#ack(named);
    for (const user of [...held.users]) this.#goLiveIfComplete(user);
  }

  #takeAddress(
    named: Named,
    key: AddressKey,
    binding: AddressBinding | null,
    wallMs: number,
  ): void {
    const held = this.#addressOf(key);
    if (held === undefined) return;
    const isNew = held.revision !== named.revision;
    held.revision = named.revision;
    held.receivedAtWallMs = wallMs;
    held.problem = "";
    if (isNew) {
      held.state = binding ?? "absent";
      this.#options.listener.addressChanged(key, held.state);
    }
    this.#ack(named);
  }

  #putSet(held: HeldSet, set: EndpointSet): void {
    held.set = set;
    let isLive = false;
    for (const user of held.users) {
      if (!user.endpoints.has(held.key)) continue;
      user.endpoints.set(held.key, set);
      isLive = true;
    }
    if (isLive) this.#options.listener.endpointsChanged(held.key, set);
  }

  #refuse(named: Named, refusal: Refusal): void {
    const { code, reason } = refusal;
    this.#nack(named, code, reason);
    if (named.type === "destination") {
      const held = this.#destinationOf(named.key);
      if (held !== undefined) this.#abandonCandidate(held, reason);
    } else if (named.type === "endpoints") {
      const held = this.#setOf(named.key);
      if (held?.set === null) this.#abandonUsers(held, reason);
    } else if (named.type === "address") {
      const held = this.#addressOf(named.key);
      if (held !== undefined) held.problem = reason;
    }
  }

  /** What waits for a set that was refused would wait for ever. */
  #abandonUsers(set: HeldSet, reason: string): void {
    for (const user of [...set.users]) {
      const { key, candidate } = user;
      if (candidate === null) continue;
      const why = `its endpoint set ${set.key} was refused: ${reason}`;
      this.#nack({ type: "destination", key, revision: candidate.revision }, "invalid", why);
      this.#abandonCandidate(user, why);
    }
  }

  #abandonCandidate(held: HeldDestination, problem: string): void {
    held.candidate = null;
    held.problem = problem;
    this.#claim(held);
  }

  /** After the ack or nack that let go of the sets, so that the operator sees the reason first. */
  #claim(held: HeldDestination): void {
    for (const key of this.#options.holdings.claim(held)) {
      this.#options.send({ message: "unsubscribe", type: "endpoints", key });
    }
  }

  #ack(named: Named): void {
    if (!this.#options.mayAck(named)) return;
    const { type, key, revision } = named;
    this.#options.send({ message: "ack", type, key, revision });
  }

  #nack({ type, key, revision }: Named, code: NackCode, why: string): void {
    const reason = why.slice(0, REASON_LENGTH_MAX);
    this.#options.send({ message: "nack", type, key, revision, code, reason });
  }

  #destinationOf(key: string): HeldDestination | undefined {
    // A text that is no service key is in no map, so that nothing is assumed here.
    return this.#options.holdings.destinations.get(key as ServiceKey);
  }

  #addressOf(key: string): HeldAddress | undefined {
    return this.#options.addresses.get(key as AddressKey);
  }

  /** The set that the delta speaks of, at the revision that it speaks of. */
  #baseOf(message: Delta): EndpointSet | null {
    const held = this.#setOf(message.key);
    return held?.revision === message.base ? held.set : null;
  }

  #setOf(key: string): HeldSet | undefined {
    return this.#options.holdings.sets.get(key as ServiceKey);
  }
}

const REASON_LENGTH_MAX = 1000;

function agrees(
  held: { readonly revision: string } | undefined,
  message: { readonly revision: string },
): boolean {
  // Undefined: it was let go in the meantime, and the operator is about to hear that.
  return held === undefined || held.revision === message.revision;
}
