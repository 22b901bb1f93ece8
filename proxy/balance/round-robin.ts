/**
 * One after the other (`round-robin`). With equal weights the order simply goes round. With
 * others, a point walks along the line of all weights laid end to end, each time by the golden
 * ratio of its length: whoever owns the place gets the request. No step divides the line as evenly
 * at every count, so that heavy endpoints get theirs spread out and not in a row. Where on the line
 * a point lies is found by a table of about as many equal parts as there are endpoints.
 */
import type { Random } from "../../base/random.ts";
import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import { CandidatePicker } from "./candidate-picker.ts";
import type { EndpointLoad } from "./peak-ewma.ts";

const GOLDEN = 0.618_033_988_749_895;
/** How many are passed over that are out, to be avoided, or have not earned their full share. */
const PASSES_MAX = 16;

export class RoundRobin extends CandidatePicker {
  /** Where each one's part of the line ends, from 0 to 1; empty when weights are equal. */
  readonly #ends: Float64Array;
  /** Who owns the beginning of each of so many equal parts of the line. */
  readonly #owners: Int32Array;
  #point: number;
  #turn: number;

  constructor(loads: readonly EndpointLoad[], random: Random) {
    super(loads, random);
    this.#ends = this.candidates.areEven ? new Float64Array(0) : layOut(loads);
    this.#owners = indexLine(this.#ends);
    // Many proxies that start at once must not all begin with the same one.
    this.#point = random.nextFloat();
    this.#turn = Math.floor(random.nextFloat() * loads.length);
  }

  override pick(nowMs: number, avoid: FailedEndpoints | null): EndpointLoad | null {
    const { candidates } = this;
    if (candidates.size < 2) return candidates.size === 0 ? null : candidates.at(0);
    for (let passes = 0; passes < PASSES_MAX; passes += 1) {
      const load = this.#next();
      if (load.evicted || avoid?.includes(load) === true) continue;
      const merit = load.merit(nowMs);
      if (merit === 1 || this.random.nextFloat() < merit) return load;
    }
    return avoid === null ? candidates.draw() : candidates.drawBut(avoid);
  }

  #next(): EndpointLoad {
    const { all } = this.candidates;
    if (this.#ends.length === 0) {
      this.#turn = this.#turn + 1 < all.length ? this.#turn + 1 : 0;
      return all[this.#turn] as EndpointLoad;
    }
    this.#point += GOLDEN;
    if (this.#point >= 1) this.#point -= 1;
    let index = this.#owners[Math.floor(this.#point * this.#owners.length)] as number;
    while ((this.#ends[index] as number) <= this.#point) index += 1;
    return all[index] as EndpointLoad;
  }
}

function layOut(loads: readonly EndpointLoad[]): Float64Array {
  const ends = new Float64Array(loads.length);
  const total = loads.reduce((sum, load) => sum + Math.max(0, load.endpoint.weight), 0);
  let end = 0;
  loads.forEach((load, index) => {
    end += Math.max(0, load.endpoint.weight);
    ends[index] = end / total;
  });
  // Rounding must leave no gap at the end.
  ends[loads.length - 1] = 1;
  return ends;
}

function indexLine(ends: Float64Array): Int32Array {
  const owners = new Int32Array(ends.length);
  let owner = 0;
  for (let part = 0; part < owners.length; part += 1) {
    while ((ends[owner] as number) <= part / owners.length) owner += 1;
    owners[part] = owner;
  }
  return owners;
}
