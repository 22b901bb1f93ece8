/** Randomness as a capability, so that a run can be repeated from its seed. */
export interface Random {
  /** Uniform over the 32-bit unsigned integers. */
  nextUint32(): number;
  /** Uniform over [0, 1). */
  nextFloat(): number;
}

/**
 * xoshiro128** (Blackman and Vigna, 2018), seeded through splitmix32: fast, allocation free, good
 * enough for balancing and jitter, and never for secrets.
 */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return new Xoshiro128(splitmix(), splitmix(), splitmix(), splitmix());
}

class Xoshiro128 implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    // An all-zero state would stay zero for ever.
    this.#d = (a | b | c | d) === 0 ? 1 : d;
  }

  nextUint32(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  nextFloat(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }
}
