/**
 * The endpoints of one backend, with what is known of their load, and the picker of the moment.
 * Endpoints that stay keep what was learnt about them, whatever else changes.
 */
import type { Random } from "../../base/random.ts";
import type { Balancer, Breaker, NodePreference } from "../../mesh/backend-settings.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { chooseSubset } from "./choose-subset.ts";
import { createPicker, type OwnPlace } from "./create-picker.ts";
import { Eviction, type EvictionEvents, type EvictionTarget } from "./eviction.ts";
import { EndpointLoad, type LoadGroup } from "./peak-ewma.ts";
import type { Picker } from "./picker.ts";

/** The place may become another one, and counts from the next `update` on. */
export interface BalancerSurroundings extends OwnPlace {
  /** Null: nothing is evicted. */
  readonly breaker: Breaker | null;
  /** Hears of evictions, for counters. */
  readonly events: EvictionEvents | null;
}

const ALONE: BalancerSurroundings = { ownZone: "", breaker: null, events: null };

export class EndpointBalancer implements EvictionTarget {
  #options: Balancer;
  readonly #random: Random;
  readonly #place: OwnPlace;
  /** What the own node means. To be followed by `update`. */
  nodes: NodePreference = "any";
  readonly #events: EvictionEvents | null;
  #subsetSeed = 0;
  readonly #group: LoadGroup = { pending: 0 };
  #eviction: Eviction | null = null;
  #byId = new Map<string, EndpointLoad>();
  #picker: Picker;

  constructor(options: Balancer, random: Random, surroundings: BalancerSurroundings = ALONE) {
    const { breaker, events } = surroundings;
    this.#options = options;
    this.#random = random;
    this.#place = surroundings;
    this.#events = events;
    this.reconfigure(options, breaker, 0);
    this.#picker = createPicker([], options, surroundings, random);
  }

  /** Replaced by every `update`; hold it for one pick only. */
  get picker(): Picker {
    return this.#picker;
  }

  /** Every endpoint that is known, whatever its state. For people, not for requests. */
  get loads(): IterableIterator<EndpointLoad> {
    return this.#byId.values();
  }

  /** Null: nothing is evicted. */
  get eviction(): Eviction | null {
    return this.#eviction;
  }

  /** To be followed by `update`. What was learnt of the endpoints stays. */
  reconfigure(options: Balancer, breaker: Breaker | null, nowMs: number): void {
    const random = this.#random;
    this.#options = options;
    if (options.subset > 0 && this.#subsetSeed === 0) this.#subsetSeed = random.nextUint32();
    for (const load of this.#byId.values()) {
      load.reconfigure(options, nowMs);
      if (breaker !== null) load.breaker?.reconfigure(breaker, nowMs);
    }
    if (breaker === null) {
      this.#eviction?.retire(this.#byId.values());
      this.#eviction = null;
    } else if (this.#eviction !== null) {
      this.#eviction.reconfigure(breaker, options.slowStartMs);
    } else {
      this.#eviction = new Eviction(breaker, options.slowStartMs, random, this, this.#events);
    }
  }

  find(id: string): EndpointLoad | undefined {
    return this.#byId.get(id);
  }

  /** Takes a new list of endpoints and publishes a fresh picker. */
  update(endpoints: readonly Endpoint[], nowMs: number): void {
    const isFirst = this.#byId.size === 0;
    const byId = new Map<string, EndpointLoad>();
    for (const endpoint of endpoints) {
      const known = this.#byId.get(endpoint.id);
      const load = known ?? new EndpointLoad(endpoint, this.#options, nowMs, this.#group);
      const wasReady = known?.endpoint.state === "ready";
      load.endpoint = endpoint;
      // Of the first list all are new, and none needs to be spared for another.
      if (!isFirst && !wasReady && endpoint.state === "ready") this.#startSlowly(load, nowMs);
      byId.set(endpoint.id, load);
    }
    this.#byId = byId;
    const able = eligible(this.#allowed());
    const candidates = chooseSubset(able, this.#options.subset, this.#subsetSeed);
    this.#eviction?.update(candidates, nowMs);
    this.#picker = createPicker(candidates, this.#options, this.#place, this.#random, this.nodes);
  }

  /** For `Eviction`. */
  evict(load: EndpointLoad): void {
    this.#picker.evict(load);
  }

  /** For `Eviction`. */
  readmit(load: EndpointLoad): void {
    this.#picker.readmit(load);
  }

  /** A proxy that does not know its node takes all: it is on none of them. */
  #allowed(): readonly EndpointLoad[] {
    const { ownNode = "" } = this.#place;
    const all = [...this.#byId.values()];
    if (this.nodes !== "only" || ownNode === "") return all;
    return all.filter(({ endpoint }) => endpoint.node === ownNode);
  }

  #startSlowly(load: EndpointLoad, nowMs: number): void {
    if (this.#options.slowStartMs > 0) load.beginSlowStart(nowMs, this.#options.slowStartMs);
  }
}

/**
 * Those that are ready; if none is, those that still serve while they terminate, as kube-proxy
 * does. Weight zero takes no traffic as long as another has some.
 */
function eligible(all: readonly EndpointLoad[]): readonly EndpointLoad[] {
  const ready = all.filter((load) => load.endpoint.state === "ready");
  const able = ready.length > 0 ? ready : all.filter((load) => load.endpoint.state === "serving");
  const weighted = able.filter((load) => load.endpoint.weight > 0);
  return weighted.length > 0 ? weighted : able;
}
