import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CellLock } from "./cell-lock.ts";
import { BUDGET_BOOKS_LENGTH, RetryBudget } from "./retry-budget.ts";

const SETTINGS = { ratio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 };

/** How many of `wanted` retries are granted at that time. */
function withdraw(budget: RetryBudget, nowMs: number, wanted: number): number {
  let granted = 0;
  for (let each = 0; each < wanted; each += 1) if (budget.tryWithdraw(nowMs)) granted += 1;
  return granted;
}

describe("the budget", () => {
  test("is a share of the requests and a reserve", () => {
    const budget = new RetryBudget(SETTINGS);
    expect(withdraw(budget, 0, 1000)).toBe(100);
    for (let each = 0; each < 50; each += 1) budget.deposit(0);
    expect(budget.balance(0)).toBeCloseTo(10, 9);
    expect(withdraw(budget, 0, 1000)).toBe(10);
  });

  test("comes back when what was spent is older than the ttl", () => {
    const budget = new RetryBudget(SETTINGS);
    withdraw(budget, 0, 1000);
    expect(withdraw(budget, 10_000, 1)).toBe(0);
    expect(withdraw(budget, 10_400, 1000)).toBe(100);
  });

  test("of nothing is nothing", () => {
    const budget = new RetryBudget({ ratio: 0, minRetriesPerSecond: 0, ttlMs: 1000 });
    for (let each = 0; each < 100; each += 1) budget.deposit(0);
    expect(withdraw(budget, 0, 10)).toBe(0);
  });

  test("gives nearly all that it promises under steady load", () => {
    const budget = new RetryBudget({ ratio: 0.1, minRetriesPerSecond: 0, ttlMs: 10_000 });
    let granted = 0;
    for (let nowMs = 0; nowMs < 100_000; nowMs += 1) {
      budget.deposit(nowMs);
      granted += withdraw(budget, nowMs, 1);
    }
    expect(granted).toBeLessThanOrEqual(10_000);
    expect(granted).toBeGreaterThan(9300);
  });
});

const step = fc.record({
  afterMs: fc.oneof(fc.nat(50), fc.nat(3000)),
  requests: fc.nat(20),
  retriesWanted: fc.nat(40),
});

test("in no stretch as long as the ttl are there more retries than promised", () => {
  const settings = fc.record({
    ratio: fc.constantFrom(0, 0.1, 0.2, 1, 3),
    minRetriesPerSecond: fc.nat(10),
    ttlMs: fc.integer({ min: 1000, max: 10_000 }),
  });
  fc.assert(
    fc.property(settings, fc.array(step, { maxLength: 80 }), (chosen, steps) => {
      const budget = new RetryBudget(chosen);
      const requests: number[] = [];
      const retries: number[] = [];
      let nowMs = 1;
      for (const { afterMs, requests: arriving, retriesWanted } of steps) {
        nowMs += afterMs;
        for (let each = 0; each < arriving; each += 1) {
          budget.deposit(nowMs);
          requests.push(nowMs);
        }
        const granted = withdraw(budget, nowMs, retriesWanted);
        for (let each = 0; each < granted; each += 1) retries.push(nowMs);
        // Whatever stretch one takes, it holds no more than the one that ends with its last retry.
        const lately = (times: readonly number[]) =>
          times.filter((atMs) => atMs > nowMs - chosen.ttlMs).length;
        const promised =
          chosen.ratio * lately(requests) + (chosen.minRetriesPerSecond * chosen.ttlMs) / 1000;
        if (granted > 0) expect(lately(retries)).toBeLessThanOrEqual(promised + 1e-6);
      }
    }),
    { numRuns: 200 },
  );
});

describe("new settings", () => {
  test("hand out nothing anew", () => {
    const budget = new RetryBudget(SETTINGS);
    withdraw(budget, 0, 1000);
    budget.reconfigure({ ...SETTINGS, ratio: 0.5 }, 0);
    expect(withdraw(budget, 0, 10)).toBe(0);
    budget.reconfigure({ ...SETTINGS, minRetriesPerSecond: 5 }, 0);
    expect(budget.balance(0)).toBeCloseTo(-50, 9);
    expect(withdraw(budget, 0, 10)).toBe(0);
  });

  test("keep the books when the time that counts changes", () => {
    const budget = new RetryBudget({ ratio: 0.5, minRetriesPerSecond: 0, ttlMs: 10_000 });
    for (let each = 0; each < 100; each += 1) budget.deposit(5000);
    expect(withdraw(budget, 5000, 30)).toBe(30);
    budget.reconfigure({ ratio: 0.5, minRetriesPerSecond: 0, ttlMs: 20_000 }, 6000);
    expect(budget.balance(6000)).toBeCloseTo(20, 9);
    expect(withdraw(budget, 6000, 1000)).toBe(20);
    expect(budget.settings.ttlMs).toBe(20_000);
  });

  test("give back what was spent by the time that counts now", () => {
    const budget = new RetryBudget({ ...SETTINGS, ttlMs: 60_000 });
    expect(withdraw(budget, 0, 1000)).toBe(600);
    budget.reconfigure({ ...SETTINGS, ttlMs: 1_000 }, 100);
    expect(withdraw(budget, 1_099, 1)).toBe(0);
    expect(withdraw(budget, 1_150, 1000)).toBe(10);
  });

  test("give no more than before, whatever the times are", () => {
    const ttlMs = fc.integer({ min: 1000, max: 60_000 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), ttlMs, ttlMs, (steps, oldTtlMs, newTtlMs) => {
        const settings = { ratio: 0.2, minRetriesPerSecond: 0, ttlMs: oldTtlMs };
        const budget = new RetryBudget(settings);
        let nowMs = 0;
        for (const { afterMs, requests, retriesWanted } of steps) {
          nowMs += afterMs;
          for (let each = 0; each < requests; each += 1) budget.deposit(nowMs);
          withdraw(budget, nowMs, retriesWanted);
        }
        const before = budget.balance(nowMs);
        budget.reconfigure({ ...settings, ttlMs: newTtlMs }, nowMs);
        if (newTtlMs >= oldTtlMs) expect(budget.balance(nowMs)).toBeLessThanOrEqual(before + 1e-6);
      }),
    );
  });
});

describe("shared books", () => {
  const shared = () => ({
    memory: new Float64Array(BUDGET_BOOKS_LENGTH),
    lock: new CellLock(new Int32Array(new SharedArrayBuffer(4)), 0),
  });

  test("are one budget for all who keep them", () => {
    const books = shared();
    const [one, other] = [new RetryBudget(SETTINGS, books), new RetryBudget(SETTINGS, books)];
    expect(withdraw(one, 0, 60)).toBe(60);
    expect(withdraw(other, 0, 60)).toBe(40);
    for (let each = 0; each < 50; each += 1) other.deposit(0);
    expect(one.balance(0)).toBeCloseTo(10, 9);
  });

  test("are nobody's business who has left, and whose own last as long", () => {
    const books = shared();
    const [gone, stays] = [new RetryBudget(SETTINGS, books), new RetryBudget(SETTINGS, books)];
    gone.leaveShared();
    expect(withdraw(gone, 0, 1000)).toBe(100);
    expect(stays.balance(0)).toBe(100);
    for (let each = 0; each < 50; each += 1) gone.deposit(0);
    expect(stays.balance(0)).toBe(100);
    expect(withdraw(gone, 0, 1000)).toBe(10);
    // What it spent is forgotten after the ttl, and not before; so are its requests.
    expect(withdraw(gone, 10_000, 1)).toBe(0);
    expect(withdraw(gone, 10_400, 1000)).toBe(100);
  });
});
