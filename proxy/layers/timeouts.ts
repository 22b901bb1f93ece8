/**
 * Ends an exchange that takes longer than its caller gives or its route allows. The deadline is the
 * earlier of the two; what has none left is refused before it is sent. One wheel timer per exchange
 * serves all limits: when it fires, what is due is looked at, and the timer is set for what is due
 * next. Without a limit there is no timer.
 */
import type { Clock } from "../../base/clock.ts";
import { Fault, type FaultCode } from "../../base/fault.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { Timeouts } from "../../mesh/destination.ts";
import { BODY_TUNNEL, type Head } from "../../wire/http1/head.ts";
import { remainingMsOf } from "../exchange/caller-deadline.ts";
import {
  type Exchange,
  type ExchangeTimerOwner,
  NO_DEADLINE_MS,
  OVERTAKEN,
  TOO_SLOW,
} from "../exchange/exchange.ts";
import { NO_DEADLINE } from "../limits/remaining-time.ts";
import { Layer } from "./layer.ts";

export class TimeoutsLayer extends Layer implements ExchangeTimerOwner {
  readonly #timeouts: Timeouts;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;

  constructor(timeouts: Timeouts, clock: Clock, wheel: TimerWheel) {
    super();
    this.#timeouts = timeouts;
    this.#clock = clock;
    this.#wheel = wheel;
  }

  override start(exchange: Exchange): void {
    const { requestMs, responseMs, idleMs } = this.#timeouts;
    const givenMs = remainingMsOf(exchange);
    if (requestMs > 0) exchange.deadlineMs = exchange.startedMs + requestMs;
    if (givenMs !== NO_DEADLINE && exchange.startedMs + givenMs < exchange.deadlineMs) {
      exchange.deadlineMs = exchange.startedMs + givenMs;
      exchange.deadlineIsCallers = true;
    }
    if (exchange.deadlineMs === NO_DEADLINE_MS && responseMs === 0 && idleMs === 0) {
      this.below.start(exchange);
      return;
    }
    // What a caller gives may be less than the time since then.
    const nowMs = givenMs === NO_DEADLINE ? exchange.resumedMs : this.#clock.nowMs();
    if (nowMs >= exchange.deadlineMs) {
      this.above.fault(exchange, new Fault("deadline-exceeded", "no time was left to begin"));
      return;
    }
    exchange.timerOwner = this;
    exchange.idleMark = -1;
    this.#schedule(exchange, nowMs);
    this.below.start(exchange);
  }

  override cancel(exchange: Exchange): void {
    this.#wheel.cancel(exchange.timer);
    this.below.cancel(exchange);
  }

  /** What becomes a tunnel is a conversation, not a request: it may last as long as it likes. */
  override head(exchange: Exchange, head: Head): void {
    if (head.bodyKind === BODY_TUNNEL) this.#wheel.cancel(exchange.timer);
    this.above.head(exchange, head);
  }

  override end(exchange: Exchange): void {
    this.#wheel.cancel(exchange.timer);
    this.above.end(exchange);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    this.#wheel.cancel(exchange.timer);
    this.above.fault(exchange, fault);
  }

  exchangeTimer(exchange: Exchange): void {
    const nowMs = this.#clock.nowMs();
    const code = this.#due(exchange, nowMs);
    if (code === null) {
      this.#schedule(exchange, nowMs);
      return;
    }
    // That its caller is in a hurry says nothing against an endpoint.
    exchange.givenUp = code === "deadline-exceeded" ? OVERTAKEN : TOO_SLOW;
    this.below.cancel(exchange);
    this.above.fault(exchange, new Fault(code));
  }

  #due(exchange: Exchange, nowMs: number): FaultCode | null {
    const { responseMs, idleMs } = this.#timeouts;
    if (nowMs >= exchange.deadlineMs) {
      return exchange.deadlineIsCallers ? "deadline-exceeded" : "request-timeout";
    }
    if (responseMs > 0 && awaitsAnswer(exchange) && nowMs >= answerFromMs(exchange) + responseMs) {
      return "response-timeout";
    }
    if (idleMs > 0) {
      const moved = exchange.requestBytes + exchange.answerBytes + exchange.attempt;
      if (exchange.idleMark !== moved) {
        exchange.idleMark = moved;
        exchange.idleSinceMs = nowMs;
      } else if (nowMs >= exchange.idleSinceMs + idleMs) {
        return "idle-timeout";
      }
    }
    return null;
  }

  #schedule(exchange: Exchange, nowMs: number): void {
    const { responseMs, idleMs } = this.#timeouts;
    let dueMs = exchange.deadlineMs;
    // Without an end of the request yet, looking again after a whole timeout is soon enough.
    if (responseMs > 0 && !exchange.answered) {
      const fromMs = awaitsAnswer(exchange) ? answerFromMs(exchange) : nowMs;
      dueMs = Math.min(dueMs, fromMs + responseMs);
    }
    // Sampled twice in an idle time: it fires at most half of one late.
    if (idleMs > 0) dueMs = Math.min(dueMs, nowMs + idleMs / 2);
    if (dueMs < Number.POSITIVE_INFINITY) {
      this.#wheel.scheduleFrom(exchange.timer, nowMs, dueMs - nowMs);
    }
  }
}

/** A try is under way. Between tries no endpoint is slow. */
function awaitsAnswer({ requestEnded, answeredMs, waitsToRetry }: Exchange): boolean {
  return requestEnded && answeredMs === 0 && !waitsToRetry;
}

/** What the record says of tries may be of the request before, as long as there is none of this. */
function answerFromMs({ startedMs, requestEndedMs, attemptStartedMs }: Exchange): number {
  return Math.max(startedMs, requestEndedMs, attemptStartedMs);
}
