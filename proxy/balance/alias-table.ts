/**
 * Draws an index by weight in constant time (Walker's alias method, filled as Vose does). The
 * unit square is cut into as many columns as there are weights; each column holds its own index
 * up to a level, and above it one other, its alias.
 */
import type { Random } from "../../base/random.ts";

export class AliasTable {
  readonly #levels: Float64Array;
  readonly #aliases: Int32Array;

  /** At least one weight must be above zero, none below. */
  constructor(weights: readonly number[]) {
    const count = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#levels = Float64Array.from(weights, (weight) => (weight * count) / total);
    this.#aliases = Int32Array.from(weights, (_, index) => index);
    const low: number[] = [];
    const high: number[] = [];
    this.#levels.forEach((level, index) => {
      (level < 1 ? low : high).push(index);
    });
    while (low.length > 0 && high.length > 0) {
      const poor = low.pop()!;
      const rich = high.at(-1)!;
      this.#aliases[poor] = rich;
      this.#levels[rich] = this.#levels[rich]! - (1 - this.#levels[poor]!);
      if (this.#levels[rich]! < 1) low.push(high.pop()!);
    }
    // Whoever is left stands at 1 but for rounding.
    for (const index of low) this.#levels[index] = 1;
  }

  draw(random: Random): number {
    const at = random.nextFloat() * this.#levels.length;
    const column = Math.floor(at);
    return at - column < this.#levels[column]! ? column : this.#aliases[column]!;
  }
}
