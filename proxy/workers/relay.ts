/**
 * One configuration stream for all workers. The main thread holds what any of them uses, as an
 * ordinary proxy does; to its workers it is the operator, over the same messages. It acks upwards
 * when the last worker that has subscribed to a resource has it live, and refuses it when one does.
 *
 * To each worker, of each resource, at most one revision is on its way, and the newest follows when
 * that is answered: there are no queues here either.
 */
import { encodeCanonical } from "../../base/canonical-json.ts";
import type { AddressKey } from "../../mesh/address-key.ts";
import type {
  Ack,
  Nack,
  ProxyMessage,
  Subscribe,
  Unsubscribe,
} from "../../mesh/control-messages.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { ABSENT, type ResourceType, type Revision } from "../../mesh/snapshot.ts";
import type { StatReport } from "../../mesh/stat-report.ts";
import type { Configuration } from "../control/configuration.ts";
import type { ConfigurationListener, Named } from "../control/intake.ts";

/** How one worker stands to one resource that it has asked for, or that was sent beside one. */
interface Delivery {
  readonly type: ResourceType;
  readonly key: string;
  /** On its way to the worker; empty when nothing is. */
  sent: Revision;
  /** Live there; empty when nothing is. */
  held: Revision;
  /** What the worker has refused last. */
  refused: Nack | null;
}

export interface RelayDeps {
  /** Of the main thread; made with this relay's `mayAck`. */
  readonly configuration: Configuration;
  readonly report: (report: StatReport) => void;
}

/** One worker, as the relay sees it. */
export class RelaySeat {
  readonly send: (text: string) => void;
  readonly deliveries = new Map<string, Delivery>();

  constructor(send: (text: string) => void) {
    this.send = send;
  }

  /** The delivery of a resource, from now on. */
  open(type: ResourceType, key: string): Delivery {
    const name = nameOf(type, key);
    let delivery = this.deliveries.get(name);
    if (delivery === undefined) {
      delivery = { type, key, sent: "", held: "", refused: null };
      this.deliveries.set(name, delivery);
    }
    return delivery;
  }
}

interface Current {
  readonly revision: Revision;
  readonly body: object | null;
}

export class Relay implements ConfigurationListener {
  readonly #deps: RelayDeps;
  readonly #seats: RelaySeat[] = [];
  /** Acks that wait for workers, by resource. */
  readonly #waiting = new Map<string, Named>();
  /** Made once for each body, however many workers get it. */
  readonly #texts = new WeakMap<object, string>();

  constructor(deps: RelayDeps) {
    this.#deps = deps;
    deps.configuration.listen(this);
  }

  /** A worker begins: it gets what every proxy gets, and then what it asks for. */
  join(send: (text: string) => void): RelaySeat {
    const seat = new RelaySeat(send);
    this.#seats.push(seat);
    this.#offer(seat, seat.open("workload", ""));
    return seat;
  }

  /** Whether what the main thread has taken may be acked at once. */
  mayAck(named: Named): boolean {
    const name = nameOf(named.type, named.key);
    for (const seat of this.#seats) {
      const delivery = seat.deliveries.get(name);
      if (delivery !== undefined) this.#offer(seat, delivery);
    }
    this.#waiting.delete(name);
    const refusal = this.#refusalOf(name, named.revision);
    if (refusal !== null) this.#deps.configuration.answer(refusal);
    else if (this.#isHeldByAll(name, named.revision)) return true;
    else this.#waiting.set(name, named);
    return false;
  }

  /** The session with the operator is over, and with it whatever it waits for. */
  sessionEnded(): void {
    this.#waiting.clear();
  }

  /** To be called now and then: what a worker follows is in use, and does not become idle here. */
  touch(): void {
    const { configuration } = this.#deps;
    for (const { deliveries } of this.#seats) {
      for (const { type, key } of deliveries.values()) {
        if (type === "destination") configuration.touch(key as ServiceKey);
        if (type === "address") configuration.touchAddress(key as AddressKey);
      }
    }
  }

  destinationChanged(key: ServiceKey): void {
    this.#offerAll("destination", key);
  }

  endpointsChanged(service: ServiceKey): void {
    this.#offerAll("endpoints", service);
  }

  workloadChanged(): void {
    this.#offerAll("workload", "");
  }

  addressChanged(key: AddressKey): void {
    this.#offerAll("address", key);
  }

  /** What a worker says, in the words of the control protocol. */
  heard(seat: RelaySeat, message: ProxyMessage): void {
    switch (message.message) {
      case "subscribe":
        this.#subscribe(seat, message);
        break;
      case "unsubscribe":
        this.#unsubscribe(seat, message);
        break;
      case "ack":
      case "nack":
        this.#answered(seat, message);
        break;
      case "report":
        this.#deps.report(message.body);
        break;
      default:
        // What keeps a connection alive has no place between two threads.
        break;
    }
  }

  #subscribe(seat: RelaySeat, { type, key, revision }: Subscribe): void {
    const { configuration } = this.#deps;
    const delivery = seat.open(type, key);
    delivery.held = revision;
    delivery.sent = "";
    // Decoded keys are what their type says; the type system cannot tell which.
    if (type === "destination") configuration.watch(key as ServiceKey);
    if (type === "address") configuration.watchAddress(key as AddressKey);
    this.#offer(seat, delivery);
  }

  #unsubscribe(seat: RelaySeat, { type, key }: Unsubscribe): void {
    const { configuration } = this.#deps;
    const name = nameOf(type, key);
    seat.deliveries.delete(name);
    if (!this.#seats.some(({ deliveries }) => deliveries.has(name))) {
      if (type === "destination") configuration.release(key as ServiceKey);
      if (type === "address") configuration.releaseAddress(key as AddressKey);
    }
    // A destination that crosses this on its way may name the set: it needs it again, whole.
    if (type === "endpoints" && this.#isNamedOnTheWay(seat, key as ServiceKey)) {
      this.#offer(seat, seat.open(type, key));
    }
    this.#settle(name);
  }

  #answered(seat: RelaySeat, message: Ack | Nack): void {
    const { type, key, revision } = message;
    const name = nameOf(type, key);
    const delivery = seat.deliveries.get(name);
    if (delivery === undefined) return;
    if (delivery.sent === revision) delivery.sent = "";
    if (message.message === "ack") delivery.held = revision;
    else {
      delivery.refused = message;
      if (this.#waiting.get(name)?.revision === revision) {
        this.#waiting.delete(name);
        this.#deps.configuration.answer(message);
      }
    }
    this.#settle(name);
    this.#offer(seat, delivery);
  }

  /** Acks upwards when nobody is waited for any more. */
  #settle(name: string): void {
    const named = this.#waiting.get(name);
    if (named === undefined || !this.#isHeldByAll(name, named.revision)) return;
    this.#waiting.delete(name);
    const { type, key, revision } = named;
    this.#deps.configuration.answer({ message: "ack", type, key, revision });
  }

  #isHeldByAll(name: string, revision: Revision): boolean {
    return this.#seats.every(({ deliveries }) => {
      const delivery = deliveries.get(name);
      return delivery === undefined || delivery.held === revision;
    });
  }

  /** What a worker has said about that revision before. */
  #refusalOf(name: string, revision: Revision): Nack | null {
    for (const { deliveries } of this.#seats) {
      const refused = deliveries.get(name)?.refused ?? null;
      if (refused?.revision === revision) return refused;
    }
    return null;
  }

  #offerAll(type: ResourceType, key: string): void {
    for (const seat of this.#seats) {
      const delivery = seat.deliveries.get(nameOf(type, key));
      if (delivery !== undefined) this.#offer(seat, delivery);
    }
  }

  /** Sends the newest revision, unless something is on its way or nothing is new. */
  #offer(seat: RelaySeat, delivery: Delivery): void {
    if (delivery.sent !== "") return;
    const { type, key } = delivery;
    const current = this.#current(type, key);
    if (current === null) return;
    const { revision, body } = current;
    if (revision === delivery.held || revision === delivery.refused?.revision) return;
    delivery.sent = revision;
    seat.send(this.#textOf(type, key, revision, body));
    if (type !== "destination") return;
    for (const set of this.#setsOf(key)) this.#offer(seat, seat.open("endpoints", set));
  }

  /** What the main thread holds; null while it waits itself. */
  #current(type: ResourceType, key: string): Current | null {
    const { configuration } = this.#deps;
    const { holdings } = configuration;
    switch (type) {
      case "workload": {
        const { workload } = holdings;
        return workload && { revision: workload.revision, body: workload.workload };
      }
      case "destination": {
        const held = holdings.destinations.get(key as ServiceKey);
        if (held === undefined || held.state === "pending") return null;
        return { revision: held.revision, body: held.live };
      }
      case "endpoints": {
        const held = holdings.sets.get(key as ServiceKey);
        if (held?.set == null) return null;
        return { revision: held.revision, body: held.revision === ABSENT ? null : held.set };
      }
      case "address": {
        const held = configuration.followed(key as AddressKey);
        if (held === undefined || held.state === "pending") return null;
        return { revision: held.revision, body: held.state === "absent" ? null : held.state };
      }
    }
  }

  #setsOf(key: string): readonly ServiceKey[] {
    const held = this.#deps.configuration.holdings.destinations.get(key as ServiceKey);
    return held?.live?.endpointSets ?? [];
  }

  #isNamedOnTheWay(seat: RelaySeat, set: ServiceKey): boolean {
    for (const { type, key, sent } of seat.deliveries.values()) {
      if (type === "destination" && sent !== "" && this.#setsOf(key).includes(set)) return true;
    }
    return false;
  }

  /** The body stands last, as its revision was made from it. */
  #textOf(type: ResourceType, key: string, revision: Revision, body: object | null): string {
    const head = JSON.stringify({ message: "snapshot", type, key, revision, requires: [] });
    return `${head.slice(0, -1)},"body":${body === null ? "null" : this.#encode(body)}}`;
  }

  #encode(body: object): string {
    let text = this.#texts.get(body);
    if (text === undefined) {
      text = encodeCanonical(body);
      this.#texts.set(body, text);
    }
    return text;
  }
}

function nameOf(type: ResourceType, key: string): string {
  return `${type} ${key}`;
}
