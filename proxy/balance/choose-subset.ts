/**
 * Which endpoints one proxy uses when it is to use only some: those that rank first by a hash of
 * their id and the proxy's own seed. Proxies choose differently, so that all endpoints are used;
 * and one that comes or goes changes one place of the choice (rendezvous hashing).
 */
import { hashText } from "./hash-bytes.ts";
import type { EndpointLoad } from "./peak-ewma.ts";

/** In the order given. `sizeMax` of zero takes all. */
export function chooseSubset(
  loads: readonly EndpointLoad[],
  sizeMax: number,
  seed: number,
): readonly EndpointLoad[] {
  if (sizeMax <= 0 || loads.length <= sizeMax) return loads;
  const ranked = loads.map((load) => ({ load, rank: hashText(load.endpoint.id, seed) }));
  ranked.sort((one, other) => one.rank - other.rank);
  const chosen = new Set(ranked.slice(0, sizeMax).map(({ load }) => load));
  return loads.filter((load) => chosen.has(load));
}
