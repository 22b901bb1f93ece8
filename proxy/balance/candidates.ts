/**
 * The endpoints that a picker chooses from, parted in one array, so that to evict one, to take it
 * back and to draw one cost the same however many there are:
 *
 *     [ those that are in ... | those that are evicted ... ]
 *                             ^ size
 */
import type { Random } from "../../base/random.ts";
import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import { AliasTable } from "./alias-table.ts";
import type { EvictionTarget } from "./eviction.ts";
import type { EndpointLoad } from "./peak-ewma.ts";

/** After so many draws that are no use, one is drawn without regard to weight. */
const REDRAWS_MAX = 6;

export class Candidates implements EvictionTarget {
  /** In the order given, whoever is evicted. */
  readonly all: readonly EndpointLoad[];
  readonly #random: Random;
  readonly #parted: EndpointLoad[];
  /** Null when all weights are equal. */
  readonly #weights: AliasTable | null;
  #size: number;

  constructor(loads: readonly EndpointLoad[], random: Random) {
    this.all = loads;
    this.#random = random;
    this.#weights = weigh(loads);
    const active = loads.filter((load) => !load.evicted);
    this.#parted = [...active, ...loads.filter((load) => load.evicted)];
    this.#size = active.length;
    this.#parted.forEach((load, position) => {
      load.position = position;
    });
  }

  /** How many are in. */
  get size(): number {
    return this.#size;
  }

  get areEven(): boolean {
    return this.#weights === null;
  }

  /** The one at a place below `size`. Places change whenever somebody comes or goes. */
  at(position: number): EndpointLoad {
    return this.#parted[position] as EndpointLoad;
  }

  includes(load: EndpointLoad): boolean {
    return load.position < this.#size && this.#parted[load.position] === load;
  }

  evict(load: EndpointLoad): void {
    if (!this.includes(load)) return;
    this.#size -= 1;
    this.#swap(load, this.#size);
  }

  readmit(load: EndpointLoad): void {
    if (this.includes(load) || this.#parted[load.position] !== load) return;
    this.#swap(load, this.#size);
    this.#size += 1;
  }

  /** One of those that are in, by weight. There must be one. */
  draw(): EndpointLoad {
    if (this.#weights !== null) {
      for (let tries = 0; tries < REDRAWS_MAX; tries += 1) {
        const load = this.all[this.#weights.draw(this.#random)] as EndpointLoad;
        if (!load.evicted) return load;
      }
    }
    return this.at(Math.floor(this.#random.nextFloat() * this.#size));
  }

  /** Another one than `first`, which must be in. There must be two. */
  drawOther(first: EndpointLoad): EndpointLoad {
    if (this.#weights !== null) {
      for (let tries = 0; tries < REDRAWS_MAX; tries += 1) {
        const load = this.all[this.#weights.draw(this.#random)] as EndpointLoad;
        if (load !== first && !load.evicted) return load;
      }
    }
    const position = Math.floor(this.#random.nextFloat() * (this.#size - 1));
    return this.at(position < first.position ? position : position + 1);
  }

  /** One that is not among those to avoid, or else the one that failed longest ago. */
  drawBut(avoid: FailedEndpoints): EndpointLoad {
    for (let tries = 0; tries < REDRAWS_MAX; tries += 1) {
      const load = this.draw();
      if (!avoid.includes(load)) return load;
    }
    // Of one place more than there are to avoid one is another's.
    const places = Math.min(this.#size, avoid.count + 1);
    let position = Math.floor(this.#random.nextFloat() * this.#size);
    for (let steps = 0; steps < places; steps += 1) {
      const load = this.at(position);
      if (!avoid.includes(load)) return load;
      position = position + 1 < this.#size ? position + 1 : 0;
    }
    return avoid.longestAgo(this) ?? this.at(position);
  }

  #swap(load: EndpointLoad, to: number): void {
    const from = load.position;
    const other = this.at(to);
    this.#parted[from] = other;
    this.#parted[to] = load;
    other.position = from;
    load.position = to;
  }
}

/** Endpoints without weight are only here when none has any. */
function weightOf(load: EndpointLoad): number {
  return Math.max(0, load.endpoint.weight);
}

/** Tells every load its weight among the others. */
function weigh(loads: readonly EndpointLoad[]): AliasTable | null {
  const weights = loads.map(weightOf);
  const average = weights.reduce((sum, weight) => sum + weight, 0) / Math.max(1, weights.length);
  const isEven = weights.every((weight) => weight === weights[0]);
  loads.forEach((load, index) => {
    load.setRelativeWeight(isEven ? 1 : weights[index]! / average);
  });
  return isEven ? null : new AliasTable(weights);
}
