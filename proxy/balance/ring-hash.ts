/**
 * Sends equal requests to the same endpoint (`consistent-hash`). Each endpoint owns many points on
 * a ring of all 32-bit numbers, made from its id alone; a request goes to the owner of the first
 * point at or after its hash. When an endpoint comes or goes, only its own part of the ring changes
 * hands.
 *
 * Load is bounded (Mirrokni, Thorup and Zadimoghaddam 2016): who has a quarter more under way than
 * its part of everything passes the request on to the next along the ring, so that one hot key
 * does not drown one endpoint.
 *
 * Points are sorted by counting, and found through a table of about as many parts as there are
 * points, so that neither takes longer than the number of endpoints demands.
 */
import type { Random } from "../../base/random.ts";
import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import { CandidatePicker } from "./candidate-picker.ts";
import { hashText, mixHash } from "./hash-bytes.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import { NO_HASH } from "./picker.ts";

/** Points of one endpoint: its part is even to within a tenth. A power of two, as all halvings. */
const POINTS_PER_ENDPOINT = 128;
const POINTS_PER_ENDPOINT_MIN = 8;
/** Above this, each endpoint has half as many points. */
const RING_POINTS_MAX = 32_768;
/** What one may have under way beyond its part. */
const LOAD_BOUND = 1.25;
/** After so many points the least loaded of those seen is taken, full or not. */
const STEPS_MAX = 64;
const GOLDEN_32 = 0x9e3779b9;

export class RingHash extends CandidatePicker {
  /** Rising. */
  readonly #points: Uint32Array;
  /** Index of the endpoint that owns each point. */
  readonly #owners: Int32Array;
  /** First point of each part of the ring. */
  readonly #parts: Int32Array;
  readonly #shift: number;

  constructor(loads: readonly EndpointLoad[], random: Random) {
    super(loads, random);
    const counts = pointCounts(loads);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const bits = Math.max(1, 32 - Math.clz32(Math.max(1, total - 1)));
    this.#shift = 32 - bits;
    this.#points = new Uint32Array(total);
    this.#owners = new Int32Array(total);
    this.#parts = new Int32Array((1 << bits) + 1);
    this.#fill(loads, counts);
  }

  override pick(
    nowMs: number,
    avoid: FailedEndpoints | null,
    given: number = NO_HASH,
  ): EndpointLoad | null {
    const { candidates } = this;
    const { size } = candidates;
    if (size < 2) return size === 0 ? null : candidates.at(0);
    const hash = given === NO_HASH ? this.random.nextUint32() : given >>> 0;
    let at = this.#find(hash);
    let fallback: EndpointLoad | null = null;
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      const load = candidates.all[this.#owners[at] as number] as EndpointLoad;
      if (!load.evicted && (avoid === null || !avoid.includes(load))) {
        const part = (LOAD_BOUND * (load.groupPending + 1) * load.merit(nowMs)) / size;
        if (load.weightedPending < Math.max(1, Math.ceil(part))) return load;
        if (fallback === null || load.demand(nowMs) < fallback.demand(nowMs)) fallback = load;
      }
      at = at + 1 < this.#points.length ? at + 1 : 0;
    }
    if (fallback !== null) return fallback;
    return avoid === null ? candidates.at(hash % size) : candidates.drawBut(avoid);
  }

  /** The first point at or after `hash`. */
  #find(hash: number): number {
    const points = this.#points;
    let at = this.#parts[hash >>> this.#shift] as number;
    while (at < points.length && (points[at] as number) < hash) at += 1;
    return at < points.length ? at : 0;
  }

  #fill(loads: readonly EndpointLoad[], counts: Int32Array): void {
    const total = this.#points.length;
    const hashes = new Uint32Array(total);
    const owners = new Int32Array(total);
    const parts = this.#parts;
    let next = 0;
    loads.forEach((load, owner) => {
      const seed = hashText(load.endpoint.id);
      for (let point = 0; point < (counts[owner] as number); point += 1) {
        const hash = mixHash(seed + Math.imul(point + 1, GOLDEN_32));
        hashes[next] = hash;
        owners[next] = owner;
        const part = (hash >>> this.#shift) + 1;
        parts[part] = (parts[part] as number) + 1;
        next += 1;
      }
    });
    for (let part = 1; part < parts.length; part += 1) {
      parts[part] = (parts[part] as number) + (parts[part - 1] as number);
    }
    const filled = parts.slice();
    for (let index = 0; index < total; index += 1) {
      const hash = hashes[index] as number;
      const part = hash >>> this.#shift;
      let at = filled[part] as number;
      filled[part] = at + 1;
      // Each part holds one or two: put in order as they come.
      const first = parts[part] as number;
      while (at > first && (this.#points[at - 1] as number) > hash) {
        this.#points[at] = this.#points[at - 1] as number;
        this.#owners[at] = this.#owners[at - 1] as number;
        at -= 1;
      }
      this.#points[at] = hash;
      this.#owners[at] = owners[index] as number;
    }
  }
}

/**
 * By weight, in such a way that a change of one endpoint leaves the others' points alone as long
 * as the largest weight and the number of endpoints stay below the same powers of two.
 */
function pointCounts(loads: readonly EndpointLoad[]): Int32Array {
  let perEndpoint = POINTS_PER_ENDPOINT;
  while (perEndpoint > POINTS_PER_ENDPOINT_MIN && perEndpoint * loads.length > RING_POINTS_MAX) {
    perEndpoint /= 2;
  }
  const heaviest = loads.reduce((most, load) => Math.max(most, load.endpoint.weight), 0);
  const full = heaviest > 0 ? 2 ** Math.ceil(Math.log2(heaviest)) : 1;
  return Int32Array.from(loads, ({ endpoint }) =>
    heaviest > 0 ? Math.max(1, Math.round((perEndpoint * endpoint.weight) / full)) : perEndpoint,
  );
}
