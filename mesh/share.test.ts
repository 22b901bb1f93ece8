import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeededRandom } from "../base/random.ts";
import { ShareSampler } from "./share.ts";

function takes(sampler: ShareSampler, count: number): number[] {
  return Array.from({ length: count }, () => (sampler.take() ? 1 : 0));
}

test("any run of requests holds the share to within two", () => {
  const share = fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(0, 0.01, 0.5, 0.99, 1),
  );
  fc.assert(
    fc.property(share, fc.integer(), fc.nat(500), fc.nat(1500), (wanted, seed, from, length) => {
      const sampler = new ShareSampler(wanted, createSeededRandom(seed));
      const taken = takes(sampler, 2000).slice(from, from + length);
      const count = taken.reduce((sum, one) => sum + one, 0);
      expect(Math.abs(count - taken.length * sampler.share)).toBeLessThan(2);
    }),
    { numRuns: 300 },
  );
});

test("nothing, all, and what is no share", () => {
  const random = createSeededRandom(3);
  const sum = (share: number) =>
    takes(new ShareSampler(share, random), 1000).reduce((total, one) => total + one, 0);
  expect(sum(0)).toBe(0);
  expect(sum(1)).toBe(1000);
  expect(sum(7)).toBe(1000);
  expect(sum(-1)).toBe(0);
  expect(sum(Number.NaN)).toBe(0);
});

test("kinds of requests that come in turns are taken alike", () => {
  const taken = takes(new ShareSampler(0.5, createSeededRandom(4)), 20_000);
  const even = taken.filter((one, index) => one === 1 && index % 2 === 0).length;
  expect(even).toBeGreaterThan(4700);
  expect(even).toBeLessThan(5300);
});

test("a share that changes holds from then on", () => {
  const sampler = new ShareSampler(0, createSeededRandom(5));
  expect(takes(sampler, 1000)).not.toContain(1);
  sampler.share = 0.25;
  expect(sampler.share).toBe(0.25);
  const count = takes(sampler, 1000).filter((one) => one === 1).length;
  expect(Math.abs(count - 250)).toBeLessThan(2);
  sampler.share = 0;
  expect(takes(sampler, 1000)).not.toContain(1);
});
