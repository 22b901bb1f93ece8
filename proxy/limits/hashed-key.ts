/**
 * 64 bits for a text, seeded: callers choose some of these texts, and must not be able to choose
 * two that meet. Two keys that met would only share a limit.
 */

export interface HashedKey {
  low: number;
  high: number;
}

/** FNV-1a's prime and a second odd one, each over a seed of its own. */
const LOW_PRIME = 0x01000193;
const HIGH_PRIME = 0x85ebca6b;

/** Continues `from` with a text. Writes into `into`, which may be the same. */
export function hashText(text: string, from: HashedKey, into: HashedKey): HashedKey {
  let { low, high } = from;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, LOW_PRIME);
    high = Math.imul(high ^ code ^ (low >>> 15), HIGH_PRIME);
    high ^= high >>> 13;
  }
  // The end counts: what follows is another text.
  into.low = Math.imul(low ^ 0xffff ^ (high >>> 16), LOW_PRIME);
  into.high = Math.imul(high ^ (into.low >>> 13), HIGH_PRIME);
  return into;
}
