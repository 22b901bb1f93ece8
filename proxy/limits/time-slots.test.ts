import fc from "fast-check";
import { expect, test } from "vitest";
import { TimeSlots } from "./time-slots.ts";

test("holds what is younger than all slots but one, and nothing older than all", () => {
  const steps = fc.array(
    fc.record({ afterMs: fc.nat(400), count: fc.integer({ min: 1, max: 5 }) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 8 }), (all, slotCount) => {
      const slots = new TimeSlots(slotCount, 100);
      const seen: { readonly atMs: number; readonly count: number }[] = [];
      let nowMs = -3000;
      for (const { afterMs, count } of all) {
        nowMs += afterMs;
        slots.add(nowMs, count);
        seen.push({ atMs: nowMs, count });
        const since = (ageMs: number) =>
          seen
            .filter(({ atMs }) => atMs > nowMs - ageMs)
            .reduce((sum, each) => sum + each.count, 0);
        expect(slots.total(nowMs)).toBeLessThanOrEqual(since(slotCount * 100));
        expect(slots.total(nowMs)).toBeGreaterThanOrEqual(since((slotCount - 1) * 100));
        let listed = 0;
        slots.forEach((startMs, endMs, part) => {
          expect(endMs - startMs).toBe(100);
          listed += part;
        });
        expect(listed).toBe(slots.total(nowMs));
      }
    }),
  );
});

test("a clock that runs back stands still", () => {
  const slots = new TimeSlots(4, 10);
  slots.add(100, 1);
  slots.add(20, 1);
  expect(slots.total(5)).toBe(2);
  expect(slots.total(129)).toBe(2);
  expect(slots.total(140)).toBe(0);
});

test("forgets on demand", () => {
  const slots = new TimeSlots(4, 10);
  slots.add(0, 3);
  slots.clear();
  expect(slots.total(0)).toBe(0);
});

test("lists nothing before anything was counted", () => {
  const visited: number[] = [];
  new TimeSlots(4, 10).forEach((startMs) => {
    visited.push(startMs);
  });
  expect(visited).toEqual([]);
});
