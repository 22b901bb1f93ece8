/**
 * Requests that show whether an evicted endpoint is well again. Only one that may be sent again
 * without harm is taken, and what the second sending costs is taken from the retry budget in
 * advance, so that whatever becomes of the probe its caller gets an answer from elsewhere, and
 * waits no longer for it than a probe may take.
 */
import { type TimerOwner, type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import { BODY_NONE } from "../../wire/http1/head.ts";
import { isIdempotentMethod } from "../../wire/http1/method.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import { type Exchange, OUTBOUND } from "../exchange/exchange.ts";
import type { ProbeOutcome } from "../telemetry/eviction-recorder.ts";

/** An endpoint that does not begin to answer in this time is not well. */
export const PROBE_ANSWER_MS = 1_000;

/** Time that a request must have left beside what the probe may take. */
const SPARE_MS = 1_000;

export class RequestProbes {
  readonly #wheel: TimerWheel;
  readonly #timedOut: (exchange: Exchange) => void;
  readonly #running = new Map<Exchange, RequestProbe>();

  constructor(wheel: TimerWheel, timedOut: (exchange: Exchange) => void) {
    this.#wheel = wheel;
    this.#timedOut = timedOut;
  }

  /** Whether this request may be one; with yes, its second sending is paid for. */
  admits(exchange: Exchange, nowMs: number): boolean {
    const { head, route } = exchange;
    if (route === null || exchange.attempt > 1 || exchange.direction !== OUTBOUND) return false;
    const { retry } = route.rule.action;
    if (retry.maxRetries === 0 || head.bodyKind !== BODY_NONE || head.upgrade) return false;
    if (!retry.isRetryable && !isIdempotentMethod(head.methodCode)) return false;
    if (nowMs + PROBE_ANSWER_MS + SPARE_MS > exchange.deadlineMs) return false;
    return route.budget.tryWithdraw(nowMs);
  }

  begin(exchange: Exchange): void {
    exchange.probing = true;
    const probe = new RequestProbe(exchange, this.#timedOut);
    this.#running.set(exchange, probe);
    this.#wheel.schedule(probe.timer, PROBE_ANSWER_MS);
  }

  end(exchange: Exchange): void {
    exchange.probing = false;
    const probe = this.#running.get(exchange);
    if (probe === undefined) return;
    this.#running.delete(exchange);
    this.#wheel.cancel(probe.timer);
  }
}

class RequestProbe implements TimerOwner {
  readonly timer = new WheelTimer(this);
  readonly #exchange: Exchange;
  readonly #timedOut: (exchange: Exchange) => void;

  constructor(exchange: Exchange, timedOut: (exchange: Exchange) => void) {
    this.#exchange = exchange;
    this.#timedOut = timedOut;
  }

  onTimer(): void {
    this.#timedOut(this.#exchange);
  }
}

export interface ProbeSource {
  /** The evicted endpoint whose turn it is; with this call its probe has begun. */
  takeProbe(nowMs: number): EndpointLoad | null;
  probeEnded(load: EndpointLoad, outcome: ProbeOutcome, nowMs: number): void;
}
