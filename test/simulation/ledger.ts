/**
 * What the simulation knows to have happened, and what must never happen. Checked at every step;
 * the first violation ends the history.
 */
import { DARK, type ServiceName } from "./scenario.ts";
import type { CallerRequest, CallResult } from "./virtual-client.ts";
import type { Execution } from "./virtual-origin.ts";

/** How late an answer may be: ticks of the wheel, the way back, and a turn of the loop. */
const LATE_MS = 50;
/** When nobody has heard of the end of a request, something is lost. */
const LOST_MS = 500;

export interface Call {
  readonly request: CallerRequest;
  readonly service: ServiceName;
  /** Which proxy it went through: index. */
  readonly proxy: number;
  readonly sentMs: number;
  readonly dueMs: number;
  /** By its method, or because somebody said so. */
  readonly mayRepeat: boolean;
  executions: number;
  copies: number;
  /** Which tries of it were seen, by their headers. */
  readonly attempts: Set<number>;
}

export class Ledger {
  readonly results: CallResult[] = [];
  executionCount = 0;
  copyCount = 0;
  /** Executions beyond the first of their requests. */
  repeatCount = 0;
  abandonedCount = 0;
  readonly #calls = new Map<string, Call>();
  readonly #open = new Map<string, Call>();

  sent(call: Omit<Call, "executions" | "copies" | "attempts">): void {
    const made = { ...call, executions: 0, copies: 0, attempts: new Set<number>() };
    this.#calls.set(call.request.id, made);
    this.#open.set(call.request.id, made);
  }

  get calls(): IterableIterator<Call> {
    return this.#calls.values();
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
    if (request !== null && this.#open.delete(request.id)) this.abandonedCount += 1;
  }

  /** Gives back whose request it was; undefined for a copy. */
  executed(execution: Execution): Call | undefined {
    const call = this.#calls.get(execution.id);
    if (call === undefined) fail(`${execution.workload} got ${execution.id}, which nobody sent`);
    if (execution.givenUntilMs > call.dueMs + LATE_MS) {
      fail(`${execution.id} was given until ${execution.givenUntilMs}, and had ${call.dueMs}`);
    }
    if (execution.workload.startsWith(`${DARK}-`)) {
      this.#copied(call);
      return undefined;
    }
    this.executionCount += 1;
    call.executions += 1;
    if (call.executions > 1) this.repeatCount += 1;
    if (call.attempts.has(execution.retryAttempt)) {
      fail(`${execution.id} ran again as try ${execution.retryAttempt}, of which there was one`);
    }
    call.attempts.add(execution.retryAttempt);
    if (!call.mayRepeat && call.executions > 1) {
      fail(`${execution.id} is not idempotent and ran ${call.executions} times`);
    }
    if (execution.atMs > call.dueMs + LATE_MS) {
      fail(`${execution.id} ran ${execution.atMs - call.dueMs} ms after its deadline`);
    }
    if (!execution.workload.startsWith(`${call.service}-`)) {
      fail(`${execution.id} for ${call.service} reached ${execution.workload}`);
    }
    return call;
  }

  check(nowMs: number): void {
    for (const call of this.#open.values()) {
      if (nowMs > call.dueMs + LATE_MS + LOST_MS) {
        fail(`${call.request.id} should have ended at ${call.dueMs}, and it is ${nowMs}`);
      }
    }
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Results of calls that began in a time. */
  startedBetween(fromMs: number, untilMs: number): readonly CallResult[] {
    return this.results.filter(({ startedMs }) => startedMs >= fromMs && startedMs < untilMs);
  }

  /** A dark service is not what runs a request; but it should not get it twice either. */
  #copied(call: Call): void {
    this.copyCount += 1;
    call.copies += 1;
    if (call.copies > 1) fail(`${call.request.id} was copied ${call.copies} times`);
  }
}

export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

export function fail(message: string): never {
  throw new InvariantViolation(message);
}
