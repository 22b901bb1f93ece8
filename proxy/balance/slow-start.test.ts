import fc from "fast-check";
import { expect, test } from "vitest";
import { SLOW_START_FLOOR, slowStartFactor } from "./slow-start.ts";

test("grows from the floor to one, and no further", () => {
  expect(slowStartFactor(100, 1000, 100)).toBe(SLOW_START_FLOOR);
  expect(slowStartFactor(100, 1000, 600)).toBeCloseTo((1 + SLOW_START_FLOOR) / 2, 12);
  expect(slowStartFactor(100, 1000, 1100)).toBe(1);
  expect(slowStartFactor(100, 1000, 50)).toBe(SLOW_START_FLOOR);
  expect(slowStartFactor(100, 0, 100)).toBe(1);
  const time = fc.double({ min: 0, max: 2000, noNaN: true });
  fc.assert(
    fc.property(time, time, (one, other) => {
      const [before, after] = [Math.min(one, other), Math.max(one, other)];
      expect(slowStartFactor(0, 1000, after)).toBeGreaterThanOrEqual(
        slowStartFactor(0, 1000, before),
      );
    }),
  );
});
