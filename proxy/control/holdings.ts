/**
 * The destinations that are watched and the endpoint sets that they name. A set is kept as long as
 * a destination that is live, or waits to be, names it: that rule stands here and nowhere else.
 */
import type { Clock } from "../../base/clock.ts";
import { CONTROL_LIMITS, type Holding } from "../../mesh/control-messages.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { ResourceType, Revision } from "../../mesh/snapshot.ts";
import type { Workload } from "../../mesh/workload.ts";
import { type HeldDestination, HeldSet } from "./held.ts";

export const ENDPOINT_SETS_MAX = CONTROL_LIMITS.endpointSetsMax;

export interface HeldWorkload {
  readonly workload: Workload;
  readonly revision: Revision;
  readonly receivedAtWallMs: number;
}

/** One line of `/config`. */
export interface ConfigurationEntry {
  readonly type: ResourceType;
  readonly key: string;
  /** Empty while nothing has come. */
  readonly revision: Revision;
  readonly state: "pending" | "absent" | "live";
  /** Since it was received; 0 while pending. */
  readonly ageMs: number;
  /** Why a newer revision was refused; empty when none was. */
  readonly problem: string;
}

export class Holdings {
  readonly destinations = new Map<ServiceKey, HeldDestination>();
  readonly sets = new Map<ServiceKey, HeldSet>();
  workload: HeldWorkload | null = null;

  /**
   * Brings what is kept for a destination's sake in line with what it names now. Returns the sets
   * that nobody needs any more; they are gone.
   */
  claim(held: HeldDestination): readonly ServiceKey[] {
    const wanted = held.wantedSets();
    const dropped: ServiceKey[] = [];
    for (const key of held.claims) {
      if (!wanted.has(key) && this.#disclaim(key, held)) dropped.push(key);
    }
    for (const key of wanted) this.#setFor(key).users.add(held);
    held.claims = wanted;
    return dropped;
  }

  /** Whether those of the sets that are not held yet may be held as well. */
  hasRoomFor(keys: readonly ServiceKey[]): boolean {
    let fresh = 0;
    for (const key of keys) if (!this.sets.has(key)) fresh += 1;
    return this.sets.size + fresh <= ENDPOINT_SETS_MAX;
  }

  /** The destination that was in use the longest time ago, those that do not exist first. */
  leastUsed(): HeldDestination | undefined {
    let least: HeldDestination | undefined;
    for (const held of this.destinations.values()) {
      if (least === undefined || isLessUsed(held, least)) least = held;
    }
    return least;
  }

  /** What a hello says to resume from. Candidates are not held: they have never been live. */
  list(): readonly Holding[] {
    const holdings: Holding[] = [];
    if (this.workload !== null) {
      holdings.push({ type: "workload", key: "", revision: this.workload.revision });
    }
    for (const { key, revision } of this.destinations.values()) {
      if (revision !== "") holdings.push({ type: "destination", key, revision });
    }
    for (const { key, revision } of this.sets.values()) {
      if (revision !== "") holdings.push({ type: "endpoints", key, revision });
    }
    return holdings;
  }

  entries(clock: Clock): readonly ConfigurationEntry[] {
    const wallMs = clock.wallMs();
    const age = (receivedAtWallMs: number) => Math.max(0, wallMs - receivedAtWallMs);
    const entries: ConfigurationEntry[] = [];
    if (this.workload !== null) {
      const { revision, receivedAtWallMs } = this.workload;
      const ageMs = age(receivedAtWallMs);
      entries.push({ type: "workload", key: "", revision, state: "live", ageMs, problem: "" });
    }
    for (const held of this.destinations.values()) {
      const { key, revision, problem } = held;
      const state = typeof held.state === "string" ? held.state : "live";
      const ageMs = state === "pending" ? 0 : age(held.receivedAtWallMs);
      entries.push({ type: "destination", key, revision, state, ageMs, problem });
    }
    for (const { key, revision, set, receivedAtWallMs } of this.sets.values()) {
      const state = set === null ? "pending" : "live";
      const ageMs = set === null ? 0 : age(receivedAtWallMs);
      entries.push({ type: "endpoints", key, revision, state, ageMs, problem: "" });
    }
    return entries;
  }

  #setFor(key: ServiceKey): HeldSet {
    const known = this.sets.get(key);
    if (known !== undefined) return known;
    const held = new HeldSet(key);
    this.sets.set(key, held);
    return held;
  }

  #disclaim(key: ServiceKey, user: HeldDestination): boolean {
    const held = this.sets.get(key);
    held?.users.delete(user);
    return held?.users.size === 0 && this.sets.delete(key);
  }
}

function isLessUsed(a: HeldDestination, b: HeldDestination): boolean {
  const aIsAbsent = a.state === "absent";
  if (aIsAbsent !== (b.state === "absent")) return aIsAbsent;
  return a.touchedMs < b.touchedMs;
}
