/**
 * The resources of one session: what it asked for, what that implies, and what to send next. The
 * endpoint sets of a destination are implied: they are added when a revision that names them is
 * sent, and go when the proxy says that it has let them go. The proxy alone decides that, so the
 * two sides cannot disagree for longer than a message is on its way.
 */
import type { ControlFrame } from "../../mesh/control-link.ts";
import {
  CONTROL_LIMITS,
  type ControlErrorCode,
  type Holding,
} from "../../mesh/control-messages.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import {
  ABSENT,
  type ResourceName,
  type ResourceType,
  type Revision,
} from "../../mesh/snapshot.ts";
import { absentFrame, encodeMessage } from "./frames.ts";
import { type PublishedResource, resourceId, type SessionInfo } from "./resources.ts";
import type { SessionHost } from "./session-host.ts";
import { Subscription } from "./subscription.ts";

/** How many of each type a session may be subscribed to. */
const SUBSCRIPTIONS_MAX: Readonly<Record<ResourceType, number>> = {
  workload: 1,
  destination: CONTROL_LIMITS.destinationsMax,
  endpoints: CONTROL_LIMITS.endpointSetsMax,
  address: CONTROL_LIMITS.addressesMax,
};

/** The session's way out. */
export interface SessionOutput {
  send(frame: ControlFrame): void;
  /** So much is on its way already that resources have to wait. */
  isCongested(): boolean;
  complain(code: ControlErrorCode, detail: string, about: string): void;
}

export class SessionResources {
  readonly #host: SessionHost;
  readonly #info: SessionInfo;
  readonly #output: SessionOutput;
  readonly #subscriptions = new Map<string, Subscription>();
  /** How many destinations name a set, by the revisions that were sent last. */
  readonly #naming = new Map<ServiceKey, number>();
  /** What could not be sent because too much was on its way. */
  readonly #waiting = new Set<Subscription>();
  /** By type, how many are subscribed to. */
  readonly #counts: Record<ResourceType, number> = {
    workload: 0,
    destination: 0,
    endpoints: 0,
    address: 0,
  };

  constructor(host: SessionHost, info: SessionInfo, output: SessionOutput) {
    this.#host = host;
    this.#info = info;
    this.#output = output;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Takes up where another session ended: sets first, so that destinations find them. */
  resume(holds: readonly Holding[]): void {
    const workload = holds.find(({ type }) => type === "workload");
    const resumed: Subscription[] = [];
    for (const holding of holds) {
      if (holding.type !== "endpoints") continue;
      const subscription = this.#add(holding, holding.revision);
      if (subscription !== undefined) resumed.push(subscription);
    }
    this.subscribe({ type: "workload", key: "" }, workload?.revision ?? "");
    for (const holding of holds) {
      const { type, revision } = holding;
      if (type === "destination" || type === "address") this.subscribe(holding, revision);
    }
    for (const subscription of resumed) this.#begin(subscription);
  }

  subscribe({ type, key }: ResourceName, held: Revision): void {
    const subscription = this.#add({ type, key }, held);
    if (subscription !== undefined) this.#begin(subscription);
  }

  unsubscribe(name: ResourceName): void {
    const subscription = this.#subscriptions.get(resourceId(name));
    if (subscription === undefined || name.type === "workload") return;
    // A set that a destination on its way to the proxy names is needed again over there.
    if (name.type === "endpoints" && this.#isNamed(subscription)) {
      subscription.restart("");
      this.pump(subscription);
    } else {
      this.#remove(subscription);
    }
  }

  acked(name: ResourceName, revision: Revision): void {
    const subscription = this.#subscriptions.get(resourceId(name));
    const inFlight = subscription?.acked(revision);
    if (subscription === undefined || inFlight === null || inFlight === undefined) {
      this.#unexpected(subscription, revision);
      return;
    }
    this.#host.observer.acked(name.type, this.#host.clock.nowMs() - inFlight.sentMs);
    this.#report(subscription);
    this.pump(subscription);
  }

  nacked(name: ResourceName, revision: Revision, reason: string): void {
    const subscription = this.#subscriptions.get(resourceId(name));
    if (subscription?.nacked(revision, reason) !== true) {
      this.#unexpected(subscription, revision);
      return;
    }
    this.#host.observer.refused(name.type);
    // What the refused revision named, the proxy will let go; what it still uses it keeps.
    this.#rename(subscription, namesOf(subscription.heldResource));
    this.#report(subscription);
    this.pump(subscription);
  }

  /** Sends the current revision, unless it is held, refused, on its way, or has to wait. */
  pump(subscription: Subscription): void {
    const { resources } = this.#host;
    const current = this.#lookup(subscription.name);
    if (current === null && !resources.synced) return;
    const revision = current?.revision ?? ABSENT;
    if (subscription.inFlight !== null) this.#supersede(subscription, revision);
    else if (subscription.held === revision) this.#confirm(subscription, current);
    else if (subscription.refused?.revision === revision) return;
    else if (this.#isLacking(subscription, current)) return;
    else if (this.#output.isCongested()) this.#waiting.add(subscription);
    else this.#send(subscription, current);
  }

  pumpAll(): void {
    for (const subscription of [...this.#subscriptions.values()]) this.pump(subscription);
  }

  /** There is room again on the way out. */
  drained(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const subscription of waiting) this.pump(subscription);
  }

  close(): void {
    for (const subscription of this.#subscriptions.values()) {
      this.#host.unindex(this, subscription);
    }
    this.#subscriptions.clear();
    this.#waiting.clear();
  }

  /** What this proxy gets: that follows from who it is, and from nothing in its messages. */
  #lookup(name: ResourceName): PublishedResource | null {
    const { namespace, identity } = this.#info;
    return this.#host.resources.lookup(name, namespace, identity) ?? null;
  }

  /** Undefined when a bound was reached; the proxy has then been told. */
  #add({ type, key }: ResourceName, held: Revision): Subscription | undefined {
    const name = { type, key };
    const known = this.#subscriptions.get(resourceId(name));
    if (known !== undefined) {
      known.restart(held);
      return known;
    }
    if (!this.#hasRoom(name)) return undefined;
    const subscription = new Subscription(name, held);
    this.#subscriptions.set(subscription.id, subscription);
    this.#counts[type] += 1;
    this.#host.index(this, subscription);
    return subscription;
  }

  #hasRoom({ type, key }: ResourceName): boolean {
    const isFull = this.#counts[type] >= SUBSCRIPTIONS_MAX[type];
    if (isFull) {
      this.#host.observer.turnedAway("subscriptions");
      this.#output.complain("limit", "this session has too many of these", `${type} ${key}`);
    }
    return !isFull;
  }

  #remove(subscription: Subscription): void {
    this.#rename(subscription, []);
    this.#subscriptions.delete(subscription.id);
    this.#waiting.delete(subscription);
    const { name } = subscription;
    this.#counts[name.type] -= 1;
    this.#host.unindex(this, subscription);
    this.#host.programmed.resourceDropped(this.#info.id, name);
  }

  /** The first look at what was just subscribed to, which is answered even if nothing changed. */
  #begin(subscription: Subscription): void {
    const { name, held } = subscription;
    const current = this.#lookup(name);
    const isKnown = current !== null || this.#host.resources.synced;
    if (held !== "" && isKnown && held === (current?.revision ?? ABSENT)) {
      subscription.heldResource = current;
      this.#rename(subscription, namesOf(current));
      this.#output.send(encodeMessage({ message: "current", ...name, revision: held }));
      this.#report(subscription);
      for (const key of subscription.names) this.#imply(key);
    } else {
      this.#report(subscription);
      this.pump(subscription);
    }
  }

  #send(subscription: Subscription, resource: PublishedResource | null): void {
    const host = this.#host;
    const { name } = subscription;
    const revision = resource?.revision ?? ABSENT;
    const frame = this.#frame(subscription, resource);
    subscription.inFlight = { revision, resource, sentMs: host.clock.nowMs() };
    subscription.isSuperseded = false;
    this.#rename(subscription, namesOf(resource));
    this.#output.send(frame);
    host.observer.sent(name.type, frame.length);
    for (const key of subscription.names) this.#imply(key);
  }

  #frame({ name, held }: Subscription, resource: PublishedResource | null): ControlFrame {
    const { frames } = this.#host;
    if (resource === null) return absentFrame(name);
    const takesDeltas = held !== "" && this.#info.features.includes("endpoint-deltas");
    const delta = takesDeltas ? frames.delta(resource, held) : undefined;
    return delta ?? frames.snapshot(resource);
  }

  /** A destination names the set: the proxy gets it without having to ask. */
  #imply(key: ServiceKey): void {
    const name: ResourceName = { type: "endpoints", key };
    if (!this.#subscriptions.has(resourceId(name))) this.subscribe(name, "");
  }

  #supersede(subscription: Subscription, revision: Revision): void {
    if (subscription.inFlight?.revision === revision) return;
    if (subscription.isSuperseded) this.#host.observer.superseded(subscription.name.type);
    subscription.isSuperseded = true;
  }

  /** The same revision can be made of newer objects; whoever reports on them wants to know. */
  #confirm(subscription: Subscription, current: PublishedResource | null): void {
    const isSettled = subscription.heldResource === current && subscription.refused === null;
    if (isSettled && subscription.missing.length === 0) return;
    subscription.heldResource = current;
    subscription.refused = null;
    subscription.missing = [];
    this.#rename(subscription, namesOf(current));
    this.#report(subscription);
    for (const key of subscription.names) this.#imply(key);
  }

  #isLacking(subscription: Subscription, current: PublishedResource | null): boolean {
    const { features } = this.#info;
    const missing = current?.requires.filter((feature) => !features.includes(feature)) ?? [];
    const hasChanged = missing.join() !== subscription.missing.join();
    subscription.missing = missing;
    if (hasChanged) this.#report(subscription);
    if (hasChanged && missing.length > 0) {
      const { type, key } = subscription.name;
      this.#output.complain("requires", `needs ${missing.join(", ")}`, `${type} ${key}`);
    }
    return missing.length > 0;
  }

  #rename(subscription: Subscription, names: readonly ServiceKey[]): void {
    for (const key of names) this.#naming.set(key, (this.#naming.get(key) ?? 0) + 1);
    for (const key of subscription.names) {
      const count = (this.#naming.get(key) ?? 0) - 1;
      if (count > 0) this.#naming.set(key, count);
      else this.#naming.delete(key);
    }
    subscription.names = names;
  }

  #isNamed({ name }: Subscription): boolean {
    // Only texts that came as service keys were ever put in; any other is not there.
    return this.#naming.has(name.key as ServiceKey);
  }

  /**
   * An answer to what was not sent, or not lately: it may have crossed a fresh start on the way,
   * so that it proves nothing and changes nothing.
   */
  #unexpected(subscription: Subscription | undefined, revision: Revision): void {
    if (subscription?.held !== revision) this.#host.observer.turnedAway("unexpected-answer");
  }

  #report(subscription: Subscription): void {
    this.#host.programmed.resourceChanged(this.#info.id, subscription.state());
  }
}

function namesOf(resource: PublishedResource | null): readonly ServiceKey[] {
  return resource?.type === "destination" ? resource.body.endpointSets : [];
}
