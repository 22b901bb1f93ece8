import { expect, test } from "vitest";
import { createLimitsMemory, SharedLimits } from "./shared-limits.ts";

function workers(low: number, high: number) {
  const limits = createLimitsMemory(2, { low, high });
  const open = (index: number) => new SharedLimits({ index, count: 2, limits });
  return { one: open(0), other: open(1) };
}

test("all workers of a proxy call a limit the same, and another proxy calls it otherwise", () => {
  const here = workers(1, 2);
  const name = here.one.nameOf("web");
  expect(here.other.nameOf("web")).toEqual(name);
  expect(here.other.nameOf("api")).not.toEqual(name);
  for (const elsewhere of [workers(1, 3), workers(2, 2)]) {
    expect(elsewhere.one.nameOf("web")).not.toEqual(name);
  }
});

test("budgets, places and rates each have memory of their own", () => {
  const { one, other } = workers(1, 2);
  const [budget, places] = [one.claimBudget("web"), one.claimPlaces("web")];
  budget?.numbers.fill(1);
  places?.numbers.fill(2);
  expect(one.rates.take(one.nameOf("web"), 1_000, 100, 0)).toBe(0);
  expect(other.rates.take(other.nameOf("web"), 1_000, 100, 0)).toBe(100);
  expect(new Set(other.claimBudget("web")?.numbers)).toEqual(new Set([1]));
  expect(new Set(other.claimPlaces("web")?.numbers)).toEqual(new Set([2]));
  expect(other.refused).toBe(0);
});
