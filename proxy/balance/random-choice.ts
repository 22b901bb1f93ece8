/** Any endpoint, by weight (`random`): knows nothing, needs nothing, spreads evenly enough. */
import type { Random } from "../../base/random.ts";
import { Candidates } from "./candidates.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import type { Picker } from "./picker.ts";

/** How often one is passed over that has not earned its full share. */
const PASSES_MAX = 4;

export class RandomChoice implements Picker {
  readonly #candidates: Candidates;
  readonly #random: Random;

  constructor(loads: readonly EndpointLoad[], random: Random) {
    this.#candidates = new Candidates(loads, random);
    this.#random = random;
  }

  get size(): number {
    return this.#candidates.size;
  }

  includes(load: EndpointLoad): boolean {
    return this.#candidates.includes(load);
  }

  evict(load: EndpointLoad): void {
    this.#candidates.evict(load);
  }

  readmit(load: EndpointLoad): void {
    this.#candidates.readmit(load);
  }

  pick(nowMs: number, avoid: EndpointLoad | null): EndpointLoad | null {
    const candidates = this.#candidates;
    if (candidates.size < 2) return candidates.size === 0 ? null : candidates.at(0);
    let load = candidates.draw();
    for (let passes = 0; passes < PASSES_MAX; passes += 1) {
      const merit = load.merit(nowMs);
      if (merit === 1 || this.#random.nextFloat() < merit) break;
      load = candidates.draw();
    }
    return load === avoid ? candidates.drawOther(load) : load;
  }
}
