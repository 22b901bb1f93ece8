/**
 * Keeps requests in the caller's zone, where the way is short and costs nothing, as far as the
 * zone can bear it. The rule:
 *
 * 1. Callers are taken to be spread evenly over the zones that have endpoints, so that each zone
 *    needs the weight of all endpoints divided by the number of zones. As long as the own zone's
 *    endpoints that are in weigh as much, all requests stay. When they weigh less, as large a share
 *    stays as they have of the need; the rest goes to the other zones.
 * 2. Whatever the shares: when the endpoint found at home has several requests under way and looks
 *    several times as loaded as one found elsewhere, the latter gets the request. Callers that are
 *    not spread evenly show in this way.
 * 3. An endpoint that failed the request is not tried again while there is another anywhere.
 * 4. Hints of discovery, as Kubernetes gives them, say who is at home where every endpoint has some
 *    and one is meant for the own zone; otherwise the zone itself does. Whoever gave the hints has
 *    weighed the zones: all requests stay as long as nobody at home is out.
 * 5. Without any endpoint at home all go elsewhere, unless they may never leave (`only`).
 *
 * The caller's node may be the home as well, within the zone: Kubernetes calls that
 * `trafficDistribution: PreferSameNode`. Nobody weighs nodes, and so all stay as with hints.
 */
import type { Random } from "../../base/random.ts";
import { ShareSampler } from "../../mesh/share.ts";
import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import { mixHash } from "./hash-bytes.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import { NO_HASH, type Picker } from "./picker.ts";

/** Fewer requests under way are no sign of a zone that is too small. */
const SPILL_PENDING_MIN = 2;
/** How many times as loaded as elsewhere it must look at home. */
const SPILL_FACTOR = 4;

export type PickerFactory = (loads: readonly EndpointLoad[], random: Random) => Picker;

export interface ZonePreference {
  readonly ownZone: string;
  /** Requests never leave the zone, though it be empty. */
  readonly only: boolean;
  /** The node that is home; empty where the zone is. */
  readonly ownNode?: string;
}

export class ZoneAware implements Picker {
  readonly #home: Picker;
  readonly #away: Picker;
  readonly #preference: ZonePreference;
  readonly #sampler: ShareSampler;
  /** What the own zone's endpoints must weigh for all requests to stay. */
  readonly #neededWeight: number;
  readonly #weigh: (load: EndpointLoad) => number;
  #homeWeight: number;

  constructor(
    loads: readonly EndpointLoad[],
    preference: ZonePreference,
    createInner: PickerFactory,
    random: Random,
  ) {
    const { ownZone, only, ownNode = "" } = preference;
    const isHinted = ownNode !== "" || (!only && areHintsFor(ownZone, loads));
    const isHome = ({ endpoint: { zone, zoneHints, node } }: EndpointLoad): boolean => {
      if (ownNode !== "") return node === ownNode;
      return isHinted ? zoneHints?.includes(ownZone) === true : zone === ownZone;
    };
    const home = loads.filter(isHome);
    this.#preference = preference;
    this.#home = createInner(home, random);
    this.#away = createInner(
      loads.filter((load) => !isHome(load)),
      random,
    );
    const areWeighted = loads.some((load) => load.endpoint.weight > 0);
    this.#weigh = areWeighted ? (load) => Math.max(0, load.endpoint.weight) : () => 1;
    const zones = new Set(loads.map((load) => load.endpoint.zone)).size;
    this.#neededWeight = isHinted
      ? sumOf(home, this.#weigh)
      : sumOf(loads, this.#weigh) / Math.max(1, zones);
    this.#homeWeight = sumOf(
      home.filter((load) => !load.evicted),
      this.#weigh,
    );
    this.#sampler = new ShareSampler(this.homeShare, random);
  }

  get size(): number {
    return this.#home.size + (this.#preference.only ? 0 : this.#away.size);
  }

  /** The share of requests that stays, 0 to 1. */
  get homeShare(): number {
    if (this.#preference.only) return 1;
    return this.#neededWeight > 0 ? Math.min(1, this.#homeWeight / this.#neededWeight) : 0;
  }

  includes(load: EndpointLoad): boolean {
    return this.#home.includes(load) || (!this.#preference.only && this.#away.includes(load));
  }

  evict(load: EndpointLoad): void {
    if (this.#home.includes(load)) this.#changeHomeWeight(-this.#weigh(load));
    this.#home.evict(load);
    this.#away.evict(load);
  }

  readmit(load: EndpointLoad): void {
    if (this.includes(load)) return;
    this.#home.readmit(load);
    this.#away.readmit(load);
    if (this.#home.includes(load)) this.#changeHomeWeight(this.#weigh(load));
  }

  pick(nowMs: number, avoid: FailedEndpoints | null, hash: number = NO_HASH): EndpointLoad | null {
    if (this.#preference.only || this.#away.size === 0) return this.#home.pick(nowMs, avoid, hash);
    if (this.#home.size === 0 || !this.#stays(hash)) {
      const far = this.#away.pick(nowMs, avoid, hash);
      if (!hasFailed(far, avoid)) return far;
      return better(far, this.#home.pick(nowMs, avoid, hash), avoid);
    }
    const near = this.#home.pick(nowMs, avoid, hash);
    if (near === null || hasFailed(near, avoid)) {
      return better(near, this.#away.pick(nowMs, avoid, hash), avoid);
    }
    if (near.pending < SPILL_PENDING_MIN) return near;
    const far = this.#away.pick(nowMs, avoid, hash);
    if (far === null || hasFailed(far, avoid)) return near;
    return far.load(nowMs) * SPILL_FACTOR < near.load(nowMs) ? far : near;
  }

  /** Equal requests stay, or leave, together. */
  #stays(hash: number): boolean {
    if (hash === NO_HASH) return this.#sampler.take();
    return mixHash(hash) < this.#sampler.share * 2 ** 32;
  }

  #changeHomeWeight(by: number): void {
    this.#homeWeight += by;
    this.#sampler.share = this.homeShare;
  }
}

/** Whether hints count: a part of them would send all that they do not name elsewhere. */
function areHintsFor(ownZone: string, loads: readonly EndpointLoad[]): boolean {
  const isMeant = ({ endpoint: { zoneHints } }: EndpointLoad): boolean =>
    zoneHints?.includes(ownZone) === true;
  return loads.every(({ endpoint }) => endpoint.zoneHints !== undefined) && loads.some(isMeant);
}

function hasFailed(load: EndpointLoad | null, avoid: FailedEndpoints | null): boolean {
  return avoid !== null && load !== null && avoid.includes(load);
}

/** The other one, unless it failed as well, and later. */
function better(
  failed: EndpointLoad | null,
  other: EndpointLoad | null,
  avoid: FailedEndpoints | null,
): EndpointLoad | null {
  if (failed === null || other === null) return other ?? failed;
  return avoid?.includes(other) === true ? avoid.earlier(failed, other) : other;
}

function sumOf(loads: readonly EndpointLoad[], weigh: (load: EndpointLoad) => number): number {
  return loads.reduce((sum, load) => sum + weigh(load), 0);
}
