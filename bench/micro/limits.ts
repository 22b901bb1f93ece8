/** What budgets, limits, queues and the reading of deadlines cost for one request. */
import { createSeededRandom } from "../../base/random.ts";
import { latin1Bytes } from "../../mesh/latin1.ts";
import { DEFAULT_RETRY, DEFAULT_RETRY_BUDGET } from "../../mesh/retry.ts";
import { ShareSampler } from "../../mesh/share.ts";
import { backoffDelayMs } from "../../proxy/limits/backoff-delay.ts";
import { FixedLimit, OUTCOME_SERVED } from "../../proxy/limits/concurrency-limit.ts";
import { DEFAULT_GRADIENT, GradientLimit } from "../../proxy/limits/gradient-limit.ts";
import { HedgeDelay } from "../../proxy/limits/hedge-delay.ts";
import { RateLimiter } from "../../proxy/limits/rate-limit.ts";
import { parseDeadlineMs, parseGrpcTimeoutMs } from "../../proxy/limits/remaining-time.ts";
import { parseRetryAfterMs } from "../../proxy/limits/retry-after.ts";
import { RetryBudget } from "../../proxy/limits/retry-budget.ts";
import {
  CRITICAL,
  NORMAL,
  SHEDDABLE,
  Waiter,
  WaitingQueue,
} from "../../proxy/limits/waiting-queue.ts";
import { runMicroBench, type Subject } from "./harness.ts";

/** A request each 10 µs, as a busy proxy has them. */
const GAP_MS = 0.01;

function subject(name: string, operation: (index: number, nowMs: number) => number): Subject {
  const run = (times: number): number => {
    let total = 0;
    for (let index = 0; index < times; index++) total += operation(index, index * GAP_MS);
    return total;
  };
  return { name, run };
}

const random = createSeededRandom(1);
const budget = new RetryBudget(DEFAULT_RETRY_BUDGET);
const sampler = new ShareSampler(0.01, random);
const fixed = new FixedLimit(100);
const gradient = new GradientLimit(DEFAULT_GRADIENT);
const hedge = new HedgeDelay(95);
const oneRoute = new RateLimiter({ requestsPerSecond: 50_000, burst: 100, header: "" });
const byClient = new RateLimiter({ requestsPerSecond: 100, burst: 100, header: "x-client" });
const clients = Array.from({ length: 20_000 }, (_, index) => `client-${index}`);
const queue = new WaitingQueue<number>(100);
const full = new WaitingQueue<number>(100);
const waiters = Array.from({ length: 256 }, (_, index) => new Waiter(index));
for (let index = 0; index < 50; index++) queue.push(new Waiter(index), NORMAL, 0);
for (let index = 0; index < 100; index++) full.push(new Waiter(index), CRITICAL, 0);
const GRPC = latin1Bytes("1500m");
const DEADLINE = latin1Bytes("1500");

runMicroBench([
  subject("retry budget: a request", (_, nowMs) => {
    budget.deposit(nowMs);
    return 1;
  }),
  subject("retry budget: may it be retried", (_, nowMs) => (budget.tryWithdraw(nowMs) ? 1 : 0)),
  subject("a share of 1 %", () => (sampler.take() ? 1 : 0)),
  subject("a pause before a retry", (index) =>
    backoffDelayMs(DEFAULT_RETRY.backoff, index & 3, random),
  ),
  subject("grpc-timeout", () => parseGrpcTimeoutMs(GRPC, 0, GRPC.length)),
  subject("heddle-deadline", () => parseDeadlineMs(DEADLINE, 0, DEADLINE.length)),
  subject(
    "Retry-After, a date",
    () => parseRetryAfterMs("Sun, 22 Nov 2026 15:00:07 GMT", 0, 1000) ?? Number.NaN,
  ),
  subject("fixed limit: in and out", (_, nowMs) => {
    fixed.tryAcquire();
    fixed.release(nowMs, 1, OUTCOME_SERVED);
    return fixed.limit;
  }),
  subject("adaptive limit: in and out", (index, nowMs) => {
    gradient.tryAcquire();
    gradient.release(nowMs, 1 + (index & 7) * 0.1, OUTCOME_SERVED);
    return gradient.limit;
  }),
  subject("rate limit of a route", (_, nowMs) => oneRoute.take("", nowMs)),
  subject("rate limit of 20,000 clients", (index, nowMs) =>
    byClient.take(clients[(index * 7919) % clients.length] ?? "", nowMs),
  ),
  subject("queue: one in, one out", (index, nowMs) => {
    const waiter = waiters[index & 255];
    if (waiter !== undefined) queue.push(waiter, NORMAL, nowMs);
    return queue.take(nowMs)?.level ?? Number.NaN;
  }),
  subject("queue: refused", (index, nowMs) => {
    const waiter = waiters[index & 255];
    return waiter === undefined ? 0 : (full.push(waiter, SHEDDABLE, nowMs)?.level ?? Number.NaN);
  }),
  subject("hedge delay: record and ask", (index, nowMs) => {
    hedge.record(1 + (index & 15));
    return Math.min(1000, hedge.delayMs(nowMs));
  }),
]);
