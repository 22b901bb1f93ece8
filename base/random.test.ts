import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff.ts";
import { createSeededRandom, type Random } from "./random.ts";

const seed = fc.integer({ min: 0, max: 0xffff_ffff });
const draw = (random: Random, count: number): readonly number[] =>
  Array.from({ length: count }, () => random.nextFloat());

describe("createSeededRandom", () => {
  it("repeats itself from its seed, and from no other", () => {
    fc.assert(
      fc.property(seed, seed, (one, other) => {
        const first = draw(createSeededRandom(one), 8);
        expect(draw(createSeededRandom(one), 8)).toEqual(first);
        if (one !== other) expect(draw(createSeededRandom(other), 8)).not.toEqual(first);
      }),
    );
  });

  it("stays in its ranges", () => {
    fc.assert(
      fc.property(seed, (value) => {
        const random = createSeededRandom(value);
        for (let step = 0; step < 50; step += 1) {
          const whole = random.nextUint32();
          expect(Number.isInteger(whole) && whole >= 0 && whole <= 0xffff_ffff).toBe(true);
          const part = random.nextFloat();
          expect(part >= 0 && part < 1).toBe(true);
        }
      }),
    );
  });

  it("is even: sixteen bins of 160,000 draws differ by what chance allows", () => {
    const bins = new Array<number>(16).fill(0);
    for (const value of draw(createSeededRandom(42), 160_000)) {
      const bin = Math.floor(value * 16);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // 15 degrees of freedom: beyond 37.7 once in a thousand runs; the seed is fixed.
    expect(chiSquare).toBeLessThan(37.7);
  });
});

describe("Backoff", () => {
  const fixed = (value: number): Random => ({ nextUint32: () => 0, nextFloat: () => value });
  const waits = (backoff: Backoff, count: number): readonly number[] =>
    Array.from({ length: count }, () => backoff.nextMs());

  it("doubles up to its limit, and starts over when it is reset", () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1000, random: fixed(0.5) });
    expect(waits(backoff, 6)).toEqual([50, 100, 200, 400, 500, 500]);
    backoff.reset();
    expect(waits(backoff, 2)).toEqual([50, 100]);
  });

  it("spreads over the whole range, and stays finite for ever", () => {
    expect(new Backoff({ baseMs: 100, maxMs: 1000, random: fixed(0) }).nextMs()).toBe(0);
    const backoff = new Backoff({ baseMs: 100, maxMs: 1000, random: fixed(0.999) });
    for (const waitMs of waits(backoff, 5000)) expect(waitMs).toBeLessThan(1000);
  });
});
