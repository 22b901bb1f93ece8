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
 *
 * What is KEPT may have become a stranger's address any moment. It gets requests only over
 * connections that were opened before it went, which still lead to whom they led to then; or where
 * it can prove who it is. It is never dialled in plain text. Those that said goodbye before they
 * went, or were not ready, are not kept.
 *
 * Pure: fed with endpoint sets and time, it says who may be used and counts what it decided.
 */
import type { Discovery } from "../../mesh/backend-settings.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
import type { DiscoveryDecision } from "../telemetry/discovery-recorder.ts";

export type KeptReason = "kept-unsynced" | "kept-emptied";

export interface TrustedEndpoint {
  readonly endpoint: Endpoint;
  /** Null while discovery lists it. */
  readonly kept: KeptReason | null;
  /** When what is kept is let go. */
  readonly untilMs: number;
  /** A new connection may be opened to it. */
  readonly mayDial: boolean;
  /** False when it was kept, and nothing leads there any more. */
  readonly usable: boolean;
}

/** What is thought of the source: `live`, or why it is not believed. */
export const DISCOVERY_STANDINGS = ["live", "unsynced", "emptied", "stale"] as const;
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
  #standing: DiscoveryStanding = "live";
  #expiresAtMs = Number.POSITIVE_INFINITY;

  constructor(settings: Discovery, options: DiscoveryTrustOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  get standing(): DiscoveryStanding {
    return this.#standing;
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

  mayDial(id: string): boolean {
    return this.#byId.get(id)?.mayDial ?? false;
  }

  update(set: EndpointSet, nowMs: number): void {
    const before = this.#byId;
    const after = new Map<string, TrustedEndpoint>();
    for (const endpoint of set.endpoints) {
      const known = before.get(endpoint.id);
      after.set(endpoint.id, known?.endpoint === endpoint ? relist(known) : listed(endpoint));
      if (known !== undefined) this.#noteListed(known, endpoint, nowMs);
    }
    this.#byId = after;
    if (before.size > 0 && !isSubset(before, after)) this.#judgeGone(before, set, after, nowMs);
    this.#standing = this.#judge(set, after);
    this.#schedule();
  }

  /** What is kept stays as it is, unless nothing may be kept any more. */
  configure(settings: Discovery, nowMs: number): void {
    this.#settings = settings;
    if (settings.trust === "strict") this.#letGo(() => true, "removed", nowMs);
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

  #noteListed(known: TrustedEndpoint, now: Endpoint, nowMs: number): void {
    if (known.kept !== null) this.#options.decided("returned", now, nowMs);
    else if (isLeaving(now) && !isLeaving(known.endpoint)) {
      this.#options.decided("terminating", now, nowMs);
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
      else if (reason === null || trust === "strict" || endpoint.state !== "ready") {
        this.#options.decided("removed", endpoint, nowMs);
      } else if (known.kept !== null) {
        after.set(id, known);
      } else {
        const mayDial = this.#options.provesIdentity(endpoint);
        const usable = mayDial || this.#options.isConnected(endpoint);
        after.set(id, { endpoint, kept: reason, untilMs: nowMs + graceMs, mayDial, usable });
        this.#options.decided(reason, endpoint, nowMs);
        if (!usable) this.#options.decided("disconnected", endpoint, nowMs);
      }
    }
  }

  #judge(set: EndpointSet, after: ReadonlyMap<string, TrustedEndpoint>): DiscoveryStanding {
    if (!set.synced) return "unsynced";
    return set.endpoints.length === 0 && after.size > 0 ? "emptied" : "live";
  }

  #letGo(
    isOver: (kept: TrustedEndpoint) => boolean,
    decision: DiscoveryDecision,
    nowMs: number,
  ): void {
    const after = new Map(this.#byId);
    for (const [id, known] of this.#byId) {
      if (known.kept === null || !isOver(known)) continue;
      after.delete(id);
      this.#options.decided(decision, known.endpoint, nowMs);
    }
    this.#byId = after;
    if (after.size === 0 && this.#standing === "emptied") this.#standing = "live";
    this.#schedule();
  }

  #schedule(): void {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { kept, untilMs } of this.#byId.values()) {
      if (kept !== null) nextMs = Math.min(nextMs, untilMs);
    }
    this.#expiresAtMs = nextMs;
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

function relist(known: TrustedEndpoint): TrustedEndpoint {
  return known.kept === null ? known : listed(known.endpoint);
}

/** It said goodbye, and goes when nobody is connected any more or its time is over. */
export function isLeaving(endpoint: Endpoint): boolean {
  return endpoint.state === "serving" || endpoint.state === "terminating";
}

function placeOf(endpoint: Endpoint): string {
  return `${endpoint.address} ${endpoint.port}`;
}

function isSubset(some: ReadonlyMap<string, unknown>, all: ReadonlyMap<string, unknown>): boolean {
  for (const id of some.keys()) if (!all.has(id)) return false;
  return true;
}
