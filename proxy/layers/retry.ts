/**
 * Tries again what failed, where that does no harm, is wanted, and can be afforded: the rules say
 * the first two, the destination's budget the third. Until the head of an answer is passed on
 * nothing is lost, since the request's body is kept up to a limit; from then on nothing is tried.
 *
 *   trying   a try is under way            -> trying, waiting, or over
 *   waiting  until the next try may begin  -> trying, or over
 *
 * An answer that is worth another try is thrown away only once it is certain that there is one.
 * When tries end, the last answer is passed on as it came, also where a later try brought none.
 */
import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import type { Random } from "../../base/random.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { Retry } from "../../mesh/retry.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import type { Head } from "../../wire/http1/head.ts";
import { type Exchange, type ExchangeTimerOwner, TOO_SLOW } from "../exchange/exchange.ts";
import { KeptAnswer } from "../exchange/kept-answer.ts";
import { backoffDelayMs } from "../limits/backoff-delay.ts";
import { parsePushbackMs, parseRetryAfterMs } from "../limits/retry-after.ts";
import type { RetryBudget } from "../limits/retry-budget.ts";
import type { RetryOutcome, RetryRecorder, RetryWithheld } from "../telemetry/retry-metrics.ts";
import { Layer } from "./layer.ts";
import { type RetryReason, RetryRules } from "./retry-rules.ts";

const RETRY_AFTER = new FieldName("retry-after");
const GRPC_PUSHBACK = new FieldName("grpc-retry-pushback-ms");
const CONTINUE = 100;
/** No other try. */
const NEVER = -1;

export interface RetryDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  /** The destination's: one for all of its routes. */
  readonly budget: RetryBudget;
  readonly recorder: RetryRecorder;
}

export class RetryLayer extends Layer implements ExchangeTimerOwner {
  readonly #retry: Retry;
  readonly #rules: RetryRules;
  readonly #deps: RetryDeps;

  constructor(retry: Retry, deps: RetryDeps) {
    super();
    this.#retry = retry;
    this.#rules = new RetryRules(retry);
    this.#deps = deps;
  }

  override start(exchange: Exchange): void {
    const { maxRetries, bodyBytesMax } = this.#retry;
    this.#deps.budget.deposit(exchange.startedMs);
    if (maxRetries > 0) exchange.keepBody(bodyBytesMax);
    this.#try(exchange);
  }

  override cancel(exchange: Exchange): void {
    this.#deps.wheel.cancel(exchange.tryTimer);
    exchange.waitsToRetry = false;
    this.below.cancel(exchange);
  }

  /** Each is passed on once: `100` over all tries, the others of the first try that sends any. */
  override informational(exchange: Exchange, head: Head): void {
    if (head.status === CONTINUE) {
      if (exchange.continued) return;
      exchange.continued = true;
    } else {
      if (exchange.interimRetries < 0) exchange.interimRetries = exchange.retries;
      if (exchange.interimRetries !== exchange.retries) return;
    }
    this.above.informational(exchange, head);
  }

  override head(exchange: Exchange, head: Head): void {
    const { wheel } = this.#deps;
    if (exchange.tryTimer.isScheduled) wheel.cancel(exchange.tryTimer);
    const reason = this.#rules.reasonOfHead(exchange, head);
    const delayMs = reason === null ? NEVER : this.#delayMs(exchange, reason, head);
    this.#settle(exchange, reason === null ? "success" : "failure");
    if (reason === null || delayMs === NEVER) {
      // A long answer must not hold what nobody will send again. Copies have their own.
      if (exchange.kept !== null && exchange.requestEnded) exchange.forgetBody();
      this.above.head(exchange, head);
      return;
    }
    exchange.lastAnswer = new KeptAnswer(head, exchange.endpoint);
    this.below.discard(exchange);
    this.#again(exchange, reason, delayMs);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    const { wheel } = this.#deps;
    if (exchange.tryTimer.isScheduled) wheel.cancel(exchange.tryTimer);
    if (exchange.answered) {
      this.above.fault(exchange, fault);
      return;
    }
    const reason = this.#rules.reasonOfFault(exchange, fault);
    const delayMs = reason === null ? NEVER : this.#delayMs(exchange, reason, null);
    this.#settle(exchange, "failure");
    if (reason === null || delayMs === NEVER) this.#fail(exchange, fault);
    else this.#again(exchange, reason, delayMs);
  }

  exchangeTimer(exchange: Exchange): void {
    if (exchange.waitsToRetry) {
      exchange.waitsToRetry = false;
      this.#try(exchange);
      return;
    }
    const { perTryTimeoutMs } = this.#retry;
    const nowMs = this.#deps.clock.nowMs();
    const sinceMs = Math.max(exchange.attemptStartedMs, exchange.requestEndedMs);
    // A try cannot be answered before the caller has sent all of it.
    const leftMs = exchange.requestEnded ? sinceMs + perTryTimeoutMs - nowMs : perTryTimeoutMs;
    if (leftMs > 0) {
      this.#deps.wheel.schedule(exchange.tryTimer, leftMs);
      return;
    }
    exchange.givenUp = TOO_SLOW;
    this.below.cancel(exchange);
    this.fault(exchange, new Fault("per-try-timeout"));
  }

  /** What a service answered goes before what we make of a later try. */
  #fail(exchange: Exchange, fault: Fault): void {
    const { lastAnswer } = exchange;
    if (lastAnswer?.isWhole !== true || fault.side !== "upstream") {
      this.above.fault(exchange, fault);
      return;
    }
    exchange.lastAnswer = null;
    exchange.endpoint = lastAnswer.endpoint;
    this.above.head(exchange, lastAnswer.head);
    exchange.answerBytes += lastAnswer.writeTo(exchange.downstream);
    this.above.end(exchange);
  }

  /** How long to wait before another try; `NEVER` when there is none. */
  #delayMs(exchange: Exchange, reason: RetryReason, answer: Head | null): number {
    const nowMs = this.#deps.clock.nowMs();
    if (!this.#rules.isHarmless(exchange, reason)) return this.#withhold("harmful");
    if (exchange.retries >= this.#retry.maxRetries) return this.#withhold("tries");
    if (!this.#hasBody(exchange)) return this.#withhold("body");
    let delayMs = this.#backoffMs(exchange, reason);
    if (answer !== null) {
      const askedMs = this.#askedMs(answer);
      if (askedMs > this.#retry.retryAfterMaxMs) return this.#withhold("retry-after");
      delayMs = Math.max(delayMs, askedMs);
    }
    if (nowMs + delayMs >= exchange.deadlineMs) return this.#withhold("deadline");
    if (this.#deps.budget.tryWithdraw(nowMs)) return delayMs;
    // Whoever called us must not do what we have just refused ourselves.
    exchange.retryForbidden = true;
    return this.#withhold("budget");
  }

  #withhold(cause: RetryWithheld): typeof NEVER {
    this.#deps.recorder.withheld(cause);
    return NEVER;
  }

  /** Nothing has left us yet, or all that came is still here. */
  #hasBody({ bodySentBytes, kept }: Exchange): boolean {
    return bodySentBytes === 0 || (kept?.fits(this.#retry.bodyBytesMax) ?? false);
  }

  /** What loaded nobody goes elsewhere at once, the first time. */
  #backoffMs({ retries }: Exchange, reason: RetryReason): number {
    if (retries === 0 && (reason === "unsent" || reason === "lost")) return 0;
    return backoffDelayMs(this.#retry.backoff, retries, this.#deps.random);
  }

  /** The wait that the answer asks for; longer than the cap where it asks for no other try. */
  #askedMs(answer: Head): number {
    const capMs = this.#retry.retryAfterMaxMs + 1;
    const pushback = answer.textOf(GRPC_PUSHBACK);
    if (pushback !== undefined) return parsePushbackMs(pushback, capMs) ?? capMs;
    const text = answer.textOf(RETRY_AFTER);
    if (text === undefined) return 0;
    return parseRetryAfterMs(text, this.#deps.clock.wallMs(), capMs) ?? 0;
  }

  /** Counts how the try before ended, if it was not the first. */
  #settle(exchange: Exchange, outcome: RetryOutcome): void {
    if (exchange.retryReason === null) return;
    this.#deps.recorder.retried(exchange.retryReason, outcome);
    exchange.retryReason = null;
  }

  #again(exchange: Exchange, reason: RetryReason, delayMs: number): void {
    exchange.retries += 1;
    exchange.retryReason = reason;
    if (reason === "lost") exchange.lostOnce = true;
    exchange.markFailed(exchange.endpoint);
    exchange.endpoint = null;
    exchange.kept?.pin();
    if (delayMs <= 0) {
      this.#try(exchange);
      return;
    }
    exchange.waitsToRetry = true;
    exchange.tryTimerOwner = this;
    this.#deps.wheel.schedule(exchange.tryTimer, delayMs);
  }

  #try(exchange: Exchange): void {
    const { perTryTimeoutMs } = this.#retry;
    if (perTryTimeoutMs > 0) {
      exchange.tryTimerOwner = this;
      const { clock, wheel } = this.#deps;
      const nowMs = exchange.attempt === 0 ? exchange.resumedMs : clock.nowMs();
      wheel.scheduleFrom(exchange.tryTimer, nowMs, perTryTimeoutMs);
    }
    this.below.start(exchange);
  }
}
