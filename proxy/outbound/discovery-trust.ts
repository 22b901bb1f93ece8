/**
 * How far discovery is believed. What it says is advice: addresses are reused, and scaling to
 * zero is legitimate, so neither "use everything that was ever known" nor "believe every word"
 * is right. The rules, for one backend:
 *
 *   listed                              used, and dialled, whatever the health or the age of what
 *                                       the source said: an endpoint that is listed and fails is
 *                                       the breaker's concern
 *   terminating                         believed at once, from any source
 *   gone, the source is live and        believed: no new requests, what is under way is finished
 *   lists others
 *   gone, the source is not synced      KEPT for the grace time
 *   gone, with all others at once       KEPT for the grace time
 *   gone, its address is another's now  believed at once
 *   not ready, another one serves       believed: no new requests
 *   not ready, and nobody serves        KEPT for the grace time
 *
 * What is KEPT may have become a stranger's address any moment. It gets requests only over
 * connections that were opened before it went, which still lead to whom they led to then; or where
 * it can prove who it is. It is never dialled in plain text. Those that said goodbye before they
 * went, or were not ready, are not kept.
 *
 * What is listed and no longer ready is at its address still, but may be another process there, or
 * one that wants to be left alone. A connection from when it was ready leads to the process that
 * was, and an application that wants no more of it closes it: so here too nothing is dialled.
 *
 * Pure: fed with endpoint sets and time, it says who may be used and counts what it decided.
 */
import type { Discovery } from "../../mesh/backend-settings.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
import type { DiscoveryDecision } from "../telemetry/discovery-recorder.ts";

export type KeptReason = "kept-unsynced" | "kept-emptied" | "kept-unready";

export interface TrustedEndpoint {
  readonly endpoint: Endpoint;
  /** Null while discovery is believed about it. */
  readonly kept: KeptReason | null;
  /** When what is kept is let go; of what was ready and is not, until when it could be kept. */
  readonly untilMs: number;
  /** A new connection may be opened to it. */
  readonly mayDial: boolean;
  /** False when it was kept, and nothing leads there any more. */
  readonly usable: boolean;
}

/** What is thought of the source: `live`, or why it is not believed. */
export const DISCOVERY_STANDINGS = ["live", "unsynced", "emptied", "unready", "stale"] as const;
export type DiscoveryStanding = (typeof DISCOVERY_STANDINGS)[number];

export interface DiscoveryTrustOptions {
  readonly decided: (decision: DiscoveryDecision, endpoint: Endpoint, nowMs: number) => void;
  /** Whether a new connection there would show who answers. */
  readonly provesIdentity: (endpoint: Endpoint) => boolean;
  /** Whether a connection to it is open. */
  readonly isConnected: (endpoint: Endpoint) => boolean;
}

export class DiscoveryTrust {
  readonly #options: DiscoveryTrustOptions;
  #settings: Discovery;
  #byId: ReadonlyMap<string, TrustedEndpoint> = new Map();
  #isSynced = true;
  #keepsUnready = false;
  #standing: DiscoveryStanding = "live";
  #expiresAtMs = Number.POSITIVE_INFINITY;

  constructor(settings: Discovery, options: DiscoveryTrustOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  get standing(): DiscoveryStanding {
    return this.#standing;
  }

  /** Some are used although they are said not to be ready. */
  get keepsUnready(): boolean {
    return this.#keepsUnready;
  }

  /** When `expire` has something to do next; infinite when nothing is kept. */
  get expiresAtMs(): number {
    return this.#expiresAtMs;
  }

  /** All that may be used now, those that are listed first. */
  get endpoints(): Iterable<TrustedEndpoint> {
    return this.#byId.values();
  }

  /** Empty for those that are listed. */
  keptBecause(id: string): KeptReason | "" {
    return this.#byId.get(id)?.kept ?? "";
  }

  /** It is used although it is said not to be ready. */
  isKeptUnready(id: string): boolean {
    const known = this.#byId.get(id);
    return known !== undefined && known.kept !== null && !isReady(known);
  }

  mayDial(id: string): boolean {
    return this.#byId.get(id)?.mayDial ?? false;
  }

  update(set: EndpointSet, nowMs: number): void {
    const before = this.#byId;
    const after = new Map<string, TrustedEndpoint>();
    for (const endpoint of set.endpoints) {
      const known = before.get(endpoint.id);
      after.set(endpoint.id, this.#list(known, endpoint, nowMs));
      if (known !== undefined) this.#noteListed(known, endpoint, nowMs);
    }
    this.#byId = after;
    if (before.size > 0 && !isSubset(before, after)) this.#judgeGone(before, set, after, nowMs);
    this.#judgeUnready(after, nowMs);
    this.#isSynced = set.synced;
    this.#settle();
  }

  /** What is kept stays as it is, unless nothing may be kept any more. */
  configure(settings: Discovery, nowMs: number): void {
    this.#settings = settings;
    if (settings.trust !== "strict") return;
    this.#letGo(({ kept }) => kept === "kept-unready", "unready", nowMs);
    this.#letGo(() => true, "removed", nowMs);
  }

  /** Lets go of what was kept long enough. False when there was nothing. */
  expire(nowMs: number): boolean {
    if (nowMs < this.#expiresAtMs) return false;
    this.#letGo(({ untilMs }) => untilMs <= nowMs, "expired", nowMs);
    return true;
  }

  /** The last connection to it is closed. False when that makes no difference. */
  disconnected(id: string, nowMs: number): boolean {
    const known = this.#byId.get(id);
    if (known === undefined || known.mayDial || !known.usable) return false;
    const after = new Map(this.#byId);
    after.set(id, { ...known, usable: false });
    this.#byId = after;
    this.#options.decided("disconnected", known.endpoint, nowMs);
    return true;
  }

  /** How it stands before it is known who else serves. */
  #list(known: TrustedEndpoint | undefined, now: Endpoint, nowMs: number): TrustedEndpoint {
    if (known === undefined) return listed(now);
    const { endpoint, kept, untilMs } = known;
    if (now.state !== "not-ready") return endpoint === now && kept === null ? known : listed(now);
    if (kept === "kept-unready") return { ...known, endpoint: now };
    // Who was kept for another reason, or was not ready before, is not doubted for longer by that.
    if (kept !== null || endpoint.state === "not-ready") return { ...listed(now), untilMs };
    if (endpoint.state !== "ready") return listed(now);
    return { ...listed(now), untilMs: nowMs + this.#settings.graceMs };
  }

  #noteListed({ endpoint, kept }: TrustedEndpoint, now: Endpoint, nowMs: number): void {
    if (isLeaving(now)) {
      if (!isLeaving(endpoint)) this.#options.decided("terminating", now, nowMs);
    } else if (kept === "kept-unready" ? now.state === "ready" : kept !== null) {
      this.#options.decided("returned", now, nowMs);
    }
  }

  /** Decides about those that were ready and are listed as not ready now. */
  #judgeUnready(after: Map<string, TrustedEndpoint>, nowMs: number): void {
    const isAnybodyServing = serves(after);
    for (const [id, known] of after) {
      const { endpoint, kept, untilMs } = known;
      const isListed = kept === null || kept === "kept-unready";
      if (!isListed || endpoint.state !== "not-ready" || untilMs === 0) continue;
      if (isAnybodyServing) {
        if (kept === null) continue;
        after.set(id, { ...listed(endpoint), untilMs });
        this.#options.decided("unready", endpoint, nowMs);
      } else if (kept === null && untilMs > nowMs && this.#settings.trust !== "strict") {
        this.#keepUnready(known, after, nowMs);
      }
    }
  }

  /** Decides about those that were known and are not listed any more. */
  #judgeGone(
    before: ReadonlyMap<string, TrustedEndpoint>,
    set: EndpointSet,
    after: Map<string, TrustedEndpoint>,
    nowMs: number,
  ): void {
    const { trust, graceMs } = this.#settings;
    const reason = keepReason(set);
    // Where everybody who is gone is let go, it does not matter who has their addresses now.
    const taken = new Set(reason === null ? [] : set.endpoints.map(placeOf));
    for (const [id, known] of before) {
      if (after.has(id)) continue;
      const { endpoint } = known;
      if (taken.has(placeOf(endpoint))) this.#options.decided("replaced", endpoint, nowMs);
      else if (reason === null || trust === "strict") {
        this.#options.decided("removed", endpoint, nowMs);
      } else if (known.kept !== null) {
        after.set(id, { ...known, kept: known.kept === "kept-unready" ? reason : known.kept });
      } else if (endpoint.state !== "ready") {
        this.#options.decided("removed", endpoint, nowMs);
      } else {
        const mayDial = this.#options.provesIdentity(endpoint);
        const usable = mayDial || this.#options.isConnected(endpoint);
        after.set(id, { endpoint, kept: reason, untilMs: nowMs + graceMs, mayDial, usable });
        this.#options.decided(reason, endpoint, nowMs);
        if (!usable) this.#options.decided("disconnected", endpoint, nowMs);
      }
    }
  }

  #keepUnready(known: TrustedEndpoint, after: Map<string, TrustedEndpoint>, nowMs: number): void {
    const { endpoint } = known;
    const usable = this.#options.isConnected(endpoint);
    after.set(endpoint.id, { ...known, kept: "kept-unready", mayDial: false, usable });
    this.#options.decided("kept-unready", endpoint, nowMs);
    if (!usable) this.#options.decided("disconnected", endpoint, nowMs);
  }

  #letGo(
    isOver: (kept: TrustedEndpoint) => boolean,
    decision: DiscoveryDecision,
    nowMs: number,
  ): void {
    const after = new Map(this.#byId);
    for (const [id, known] of this.#byId) {
      const { endpoint, kept } = known;
      if (kept === null || !isOver(known)) continue;
      if (kept === "kept-unready") after.set(id, listed(endpoint));
      else after.delete(id);
      this.#options.decided(decision, endpoint, nowMs);
    }
    this.#byId = after;
    this.#settle();
  }

  /** Finds what is thought of the source, and when something of what is kept is over. */
  #settle(): void {
    let nextMs = Number.POSITIVE_INFINITY;
    let isAnyGone = false;
    this.#keepsUnready = false;
    for (const known of this.#byId.values()) {
      const { kept, untilMs } = known;
      if (kept === null) continue;
      nextMs = Math.min(nextMs, untilMs);
      if (!isReady(known)) this.#keepsUnready = true;
      if (kept !== "kept-unready") isAnyGone = true;
    }
    this.#expiresAtMs = nextMs;
    if (!this.#isSynced) this.#standing = "unsynced";
    else if (isAnyGone) this.#standing = "emptied";
    else this.#standing = this.#keepsUnready ? "unready" : "live";
  }
}

/** Null: the source is live and lists others, so that it is believed about who is gone. */
function keepReason(set: EndpointSet): KeptReason | null {
  if (!set.synced) return "kept-unsynced";
  return set.endpoints.length === 0 ? "kept-emptied" : null;
}

function listed(endpoint: Endpoint): TrustedEndpoint {
  return { endpoint, kept: null, untilMs: 0, mayDial: true, usable: true };
}

/** It said goodbye, and goes when nobody is connected any more or its time is over. */
export function isLeaving(endpoint: Endpoint): boolean {
  return endpoint.state === "serving" || endpoint.state === "terminating";
}

/** Somebody is there of whom discovery says that it works. */
function serves(trusted: ReadonlyMap<string, TrustedEndpoint>): boolean {
  for (const { endpoint, usable } of trusted.values()) {
    if (usable && (endpoint.state === "ready" || endpoint.state === "serving")) return true;
  }
  return false;
}

function isReady({ endpoint }: TrustedEndpoint): boolean {
  return endpoint.state === "ready";
}

function placeOf(endpoint: Endpoint): string {
  return `${endpoint.address} ${endpoint.port}`;
}

function isSubset(some: ReadonlyMap<string, unknown>, all: ReadonlyMap<string, unknown>): boolean {
  for (const id of some.keys()) if (!all.has(id)) return false;
  return true;
}
