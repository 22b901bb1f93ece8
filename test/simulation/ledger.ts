/**
 * What the simulation knows to have happened, and what must never happen. Checked at every step;
 * the first violation ends the history.
 */
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import type { RetryBudget } from "../../mesh/retry.ts";
import type { CallerRequest, CallResult } from "./virtual-client.ts";
import type { Execution } from "./virtual-origin.ts";

/** How late an answer may be: ticks of the wheel, the way back, and a turn of the loop. */
const LATE_MS = 50;
/** Discovery's word has to travel; until then an endpoint may be used in good faith. */
const NEWS_MS = 500;

interface Call {
  readonly request: CallerRequest;
  readonly service: string;
  readonly sentMs: number;
  readonly dueMs: number;
  executions: number;
}

export class Ledger {
  readonly results: CallResult[] = [];
  executionCount = 0;
  retryCount = 0;
  readonly #calls = new Map<string, Call>();
  readonly #open = new Map<string, Call>();
  /** By service: what discovery said, and since when, the newest last. */
  readonly #told = new Map<string, { atMs: number; byAddress: Map<string, string> }[]>();

  sent(request: CallerRequest, service: string, nowMs: number, timeoutMs: number): void {
    const call = { request, service, sentMs: nowMs, dueMs: nowMs + timeoutMs, executions: 0 };
    this.#calls.set(request.id, call);
    this.#open.set(request.id, call);
  }

  ended(result: CallResult): void {
    this.results.push(result);
    const call = this.#open.get(result.request.id);
    this.#open.delete(result.request.id);
    if (call !== undefined && result.endedMs > call.dueMs + LATE_MS) {
      fail(`${result.request.id} ended ${result.endedMs - call.dueMs} ms after its deadline`);
    }
  }

  /** The caller went away: what comes of the request is nobody's business any more. */
  abandoned(request: CallerRequest | null): void {
    if (request !== null) this.#open.delete(request.id);
  }

  executed(execution: Execution): void {
    this.executionCount += 1;
    if (execution.retryAttempt > 0) this.retryCount += 1;
    const call = this.#calls.get(execution.id);
    if (call === undefined) return;
    call.executions += 1;
    if (call.request.method === "POST" && call.executions > 1) {
      fail(`${execution.id} is not idempotent and ran ${call.executions} times`);
    }
    if (!execution.workload.startsWith(`${call.service}-`)) {
      fail(`${execution.id} for ${call.service} reached ${execution.workload}`);
    }
  }

  told(service: string, endpoints: readonly Endpoint[], atMs: number): void {
    const history = this.#told.get(service) ?? [];
    const byAddress = new Map(endpoints.map((one) => [`${one.address}:${one.port}`, one.id]));
    history.push({ atMs, byAddress });
    this.#told.set(service, history);
  }

  check(nowMs: number): void {
    for (const call of this.#open.values()) {
      if (nowMs > call.dueMs + LATE_MS + NEWS_MS) {
        fail(`${call.request.id} should have ended at ${call.dueMs}, and it is ${nowMs}`);
      }
    }
  }

  get openCount(): number {
    return this.#open.size;
  }

  /**
   * Over a whole history: retries may be a share of the requests, and so many a second at each
   * proxy besides.
   */
  checkBudget(budget: RetryBudget, proxyCount: number, nowMs: number): void {
    const free = (budget.minRetriesPerSecond * (nowMs + budget.ttlMs) * proxyCount) / 1_000;
    const allowed = budget.ratio * this.#calls.size + free;
    if (this.retryCount > allowed) fail(`${this.retryCount} retries are more than ${allowed}`);
  }

  /** Results of calls that began in a time. */
  startedBetween(fromMs: number, untilMs: number): readonly CallResult[] {
    return this.results.filter(({ startedMs }) => startedMs >= fromMs && startedMs < untilMs);
  }
}

export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

export function fail(message: string): never {
  throw new InvariantViolation(message);
}
