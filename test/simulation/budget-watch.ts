/**
 * Holds retry budgets to their promise, with books of its own: in no stretch of time as long as
 * the ttl are there more retries than the ratio of its requests and so many a second; and nothing
 * runs a second time that was not taken from a budget. What is counted are the withdrawals, in
 * place of which this stands for the length of one history.
 */
import type { Clock } from "../../base/clock.ts";
import { RetryBudget } from "../../proxy/limits/retry-budget.ts";
import { fail } from "./ledger.ts";

/** What adding up shares may be off by. */
const ROUNDING = 1e-6;

interface Books {
  readonly depositsMs: number[];
  readonly withdrawalsMs: number[];
}

export class BudgetWatch {
  readonly #clock: Clock;
  readonly #books = new Map<RetryBudget, Books>();
  readonly #deposit = RetryBudget.prototype.deposit;
  readonly #tryWithdraw = RetryBudget.prototype.tryWithdraw;
  readonly #reconfigure = RetryBudget.prototype.reconfigure;
  withdrawalCount = 0;
  depositCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    const { prototype } = RetryBudget;
    const [deposit, tryWithdraw] = [this.#deposit, this.#tryWithdraw];
    const reconfigure = this.#reconfigure;
    const reconfigured = (budget: RetryBudget, nowMs: number) => this.#forget(budget, nowMs);
    const deposited = (budget: RetryBudget) => this.#deposited(budget, this.#clock.nowMs());
    const withdrawn = (budget: RetryBudget, nowMs: number) => this.#withdrawn(budget, nowMs);
    prototype.deposit = function (nowMs) {
      deposited(this);
      deposit.call(this, nowMs);
    };
    prototype.reconfigure = function (settings, nowMs) {
      reconfigured(this, nowMs);
      reconfigure.call(this, settings, nowMs);
    };
    prototype.tryWithdraw = function (nowMs) {
      const granted = tryWithdraw.call(this, nowMs);
      if (granted) withdrawn(this, nowMs);
      return granted;
    };
  }

  stop(): void {
    RetryBudget.prototype.deposit = this.#deposit;
    RetryBudget.prototype.tryWithdraw = this.#tryWithdraw;
    RetryBudget.prototype.reconfigure = this.#reconfigure;
  }

  /** So many requests were sent, and so often did one run that had run before. */
  check(sentCount: number, repeatCount: number): void {
    if (this.depositCount > sentCount) {
      fail(`${sentCount} requests filled a budget ${this.depositCount} times`);
    }
    if (repeatCount > this.withdrawalCount) {
      fail(`${repeatCount} requests ran again, and ${this.withdrawalCount} were paid for`);
    }
  }

  #deposited(budget: RetryBudget, nowMs: number): void {
    this.depositCount += 1;
    this.#of(budget).depositsMs.push(nowMs);
  }

  #withdrawn(budget: RetryBudget, nowMs: number): void {
    this.withdrawalCount += 1;
    const { withdrawalsMs, depositsMs } = this.#of(budget);
    withdrawalsMs.push(nowMs);
    const { ratio, minRetriesPerSecond, ttlMs } = budget.settings;
    const fromMs = nowMs - ttlMs;
    const retries = countSince(withdrawalsMs, fromMs);
    const requests = countSince(depositsMs, fromMs);
    const allowed = ratio * requests + (minRetriesPerSecond * ttlMs) / 1_000;
    if (retries > allowed + ROUNDING) {
      fail(`${retries} retries in ${ttlMs} ms, for ${requests} requests ${allowed} are allowed`);
    }
  }

  /** Under other settings only that counts which counted until now: more was never written down. */
  #forget(budget: RetryBudget, nowMs: number): void {
    const fromMs = nowMs - budget.settings.ttlMs;
    const { withdrawalsMs, depositsMs } = this.#of(budget);
    withdrawalsMs.splice(0, withdrawalsMs.length - countSince(withdrawalsMs, fromMs));
    depositsMs.splice(0, depositsMs.length - countSince(depositsMs, fromMs));
  }

  #of(budget: RetryBudget): Books {
    let books = this.#books.get(budget);
    if (books === undefined) {
      books = { depositsMs: [], withdrawalsMs: [] };
      this.#books.set(budget, books);
    }
    return books;
  }
}

/** How many of the times, which are in order, are after that one. */
function countSince(timesMs: readonly number[], fromMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? 0) > fromMs) high = middle;
    else low = middle + 1;
  }
  return timesMs.length - low;
}
