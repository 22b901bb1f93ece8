/**
 * Bounds how many requests one proxy has under way at a destination, over all of its routes. Who
 * finds no place waits in a bounded queue with a deadline, the more important first; who could
 * not be served in time is refused at once, which costs nearly nothing and is how a service that
 * is asked for too much goes on doing as much as it can.
 *
 * A gate outlives configurations: what is under way through it leaves through it.
 *
 *   OUT      no part in it     -> IN, WAITING
 *   WAITING  in the queue      -> IN, OUT (refused, or cancelled)
 *   IN       holds a place     -> OUT
 */
import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { Random } from "../../base/random.ts";
import { type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import type { Concurrency, Importance } from "../../mesh/route-behaviour.ts";
import type { Exchange } from "../exchange/exchange.ts";
import {
  type ConcurrencyLimit,
  FixedLimit,
  type LoadOutcome,
} from "../limits/concurrency-limit.ts";
import { DEFAULT_GRADIENT, GradientLimit } from "../limits/gradient-limit.ts";
import { jitteredRetryAfterSeconds } from "../limits/retry-after.ts";
import type { SharedLimits } from "../limits/shared-limits.ts";
import { SharedPlaces } from "../limits/shared-places.ts";
import { CRITICAL, type ImportanceLevel, Waiter, WaitingQueue } from "../limits/waiting-queue.ts";
import type {
  DestinationLabels,
  GateFigures,
  ShedMetrics,
  ShedReason,
} from "../telemetry/shed-metrics.ts";

/** A queue without a deadline of its own still has one: nobody hangs. */
export const QUEUE_TIMEOUT_DEFAULT_MS = 1_000;
/** Room that only critical requests get when the queue is full, or there is none. */
const CRITICAL_ROOM_MIN = 16;
const CRITICAL_ROOM_SHARE = 0.25;
/** Nobody is sent away for longer. */
const RETRY_AFTER_SECONDS_MAX = 30;

const IMPORTANCES: readonly Importance[] = ["critical", "normal", "sheddable"];

const OUT = 0;
const WAITING = 1;
const IN = 2;

/** Who brings exchanges to the gate, and is told what became of those that had to wait. */
export interface GateUser {
  admitted(exchange: Exchange): void;
  refused(exchange: Exchange, fault: Fault): void;
}

/** An exchange's part in a gate. Made once with the record that it belongs to, when needed. */
export class GatePass {
  readonly exchange: Exchange;
  readonly waiter: Waiter<GatePass>;
  state: typeof OUT | typeof WAITING | typeof IN = OUT;
  user: GateUser | null = null;
  /** Where the place was taken: limits are replaced while requests are under way. */
  limit: ConcurrencyLimit | null = null;
  enteredMs = 0;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.waiter = new Waiter<GatePass>(this);
  }
}

export interface GateDeps {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly random: Random;
  readonly metrics: ShedMetrics;
  readonly labels: DestinationLabels;
  /** What all workers count together, and what this gate is called there; absent: one serves. */
  readonly shared?: { readonly limits: SharedLimits; readonly name: string } | null;
}

export class ConcurrencyGate implements GateFigures {
  readonly labels: DestinationLabels;
  readonly #deps: GateDeps;
  readonly #queue = new WaitingQueue<GatePass>(0);
  readonly #timer: WheelTimer = new WheelTimer(this);
  readonly #counters = new Map<string, CounterSlot>();
  #limit: ConcurrencyLimit;
  #settings: Concurrency;
  #timeoutMs = 0;
  /** Inside `#admitWaiting`, which goes on by itself with what ends meanwhile. */
  #admitting = false;
  #isRetired = false;

  constructor(settings: Concurrency, deps: GateDeps) {
    this.labels = deps.labels;
    this.#deps = deps;
    this.#settings = settings;
    this.#limit = this.#createLimit(settings);
    this.#use(settings);
    deps.metrics.watch(this);
  }

  /** Where workers share it, this one's part: theirs add up. */
  get limit(): number {
    return this.#limit.limit / this.#limit.sharedBy;
  }

  get inFlight(): number {
    return this.#limit.inFlight;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** What is under way and waits goes on; what was learnt of the service stays if it can. */
  reconfigure(settings: Concurrency): void {
    const before = this.#settings;
    const sameLimit = before.limit === settings.limit && before.adaptive === settings.adaptive;
    if (!sameLimit) this.#replaceLimit(before, settings);
    this.#use(settings);
    this.#admitWaiting();
    if (this.#queue.length === 0) return;
    // Who came before must not make those wait that come behind with less time.
    const nowMs = this.#deps.clock.nowMs();
    this.#queue.hurry(nowMs + this.#timeoutMs);
    this.#armTimer(nowMs);
  }

  /** Tells `user` now or later. The exchange leaves by `leave` or by `withdraw`. */
  enter(exchange: Exchange, user: GateUser, level: ImportanceLevel): void {
    const pass = passOf(exchange);
    pass.user = user;
    // Nothing has been tried yet, so that it went on just now.
    const nowMs = exchange.resumedMs;
    if (this.#queue.length === 0 && this.#limit.tryAcquire()) {
      this.#admit(pass, nowMs);
      return;
    }
    const waitMsMax = Math.min(this.#timeoutMs, exchange.deadlineMs - nowMs);
    if (this.#queue.expectedWaitMs(level) > waitMsMax) {
      this.#refuse(pass, level, "no-time");
      return;
    }
    this.#wait(pass, level, nowMs);
  }

  /** It has ended, one way or the other. */
  leave(pass: GatePass, rttMs: number, nowMs: number, outcome: LoadOutcome): void {
    if (pass.state !== IN) return;
    pass.state = OUT;
    pass.limit?.release(nowMs, rttMs, outcome);
    pass.limit = null;
    if (this.#queue.length > 0) this.#admitWaiting();
  }

  /** Takes an exchange out that waits. False when it does not. */
  withdraw(pass: GatePass): boolean {
    if (pass.state !== WAITING) return false;
    pass.state = OUT;
    this.#queue.withdraw(pass.waiter);
    if (this.#queue.length === 0) this.#limit.tellWaiting(false);
    return true;
  }

  /** No new requests come: the destination is gone, or limits nothing any more. */
  retire(): void {
    this.#isRetired = true;
    this.#limit.retire();
    this.#deps.metrics.unwatch(this);
    for (const slot of this.#counters.values()) this.#deps.metrics.release(slot);
    this.#counters.clear();
  }

  /** The longest that anybody waits; or a place may have been freed at another worker. */
  onTimer(): void {
    const nowMs = this.#deps.clock.nowMs();
    if (this.#limit.pollMs > 0) this.#admitWaiting();
    this.#expire(nowMs);
    this.#armTimer(nowMs);
  }

  #wait(pass: GatePass, level: ImportanceLevel, nowMs: number): void {
    const { queueLength } = this.#settings;
    const room = Math.max(CRITICAL_ROOM_MIN, Math.ceil(queueLength * CRITICAL_ROOM_SHARE));
    this.#queue.lengthMax = level === CRITICAL ? queueLength + room : queueLength;
    pass.state = WAITING;
    const gaveWay = this.#queue.push(pass.waiter, level, nowMs + this.#timeoutMs);
    if (gaveWay !== null) {
      const reason = gaveWay === pass.waiter ? "queue-full" : "displaced";
      this.#refuse(gaveWay.owner, gaveWay.level, reason);
    }
    if (this.#queue.length === 1) this.#limit.tellWaiting(true);
    if (!this.#timer.isScheduled) this.#armTimer(nowMs);
  }

  #admit(pass: GatePass, nowMs: number): void {
    pass.state = IN;
    pass.limit = this.#limit;
    pass.enteredMs = nowMs;
    pass.exchange.resumedMs = nowMs;
    pass.user?.admitted(pass.exchange);
  }

  /** In a loop and not by recursion: each that is admitted may end at once. */
  #admitWaiting(): void {
    if (this.#admitting) return;
    this.#admitting = true;
    while (this.#queue.length > 0) {
      const nowMs = this.#deps.clock.nowMs();
      this.#expire(nowMs);
      if (this.#queue.length === 0 || !this.#limit.tryAcquire()) break;
      const waiter = this.#queue.take(nowMs);
      if (waiter !== null) this.#admit(waiter.owner, nowMs);
    }
    this.#admitting = false;
    if (this.#queue.length > 0) return;
    this.#deps.wheel.cancel(this.#timer);
    this.#limit.tellWaiting(false);
  }

  #expire(nowMs: number): void {
    for (;;) {
      const waiter = this.#queue.takeExpired(nowMs);
      if (waiter === null) return;
      this.#refuse(waiter.owner, waiter.level, "queue-timeout");
    }
  }

  #armTimer(nowMs: number): void {
    if (this.#queue.length === 0) {
      this.#limit.tellWaiting(false);
      return;
    }
    const { pollMs } = this.#limit;
    const untilMs = Math.max(0, this.#queue.firstDeadlineMs - nowMs);
    const dueMs = pollMs > 0 ? Math.min(pollMs, untilMs) : untilMs;
    this.#deps.wheel.schedule(this.#timer, dueMs);
  }

  #refuse(pass: GatePass, level: ImportanceLevel, reason: ShedReason): void {
    pass.state = OUT;
    this.#count(level, reason);
    const seconds = Math.max(1, Math.ceil(this.#queue.expectedWaitMs(level) / 1_000));
    const jittered = jitteredRetryAfterSeconds(seconds, this.#deps.random);
    const retryAfterSeconds = Math.min(RETRY_AFTER_SECONDS_MAX, jittered);
    const answer = { status: 0, retryAfterSeconds };
    pass.user?.refused(pass.exchange, new Fault("overloaded", reason, undefined, answer));
  }

  #count(level: ImportanceLevel, reason: ShedReason): void {
    const importance = IMPORTANCES[level] ?? "normal";
    const name = `${importance} ${reason}`;
    let slot = this.#counters.get(name);
    if (slot === undefined) {
      slot = this.#deps.metrics.shed(this.labels, importance, reason);
      // Who waited is counted, and holds no series.
      if (this.#isRetired) this.#deps.metrics.release(slot);
      else this.#counters.set(name, slot);
    }
    slot.add(1);
  }

  #use(settings: Concurrency): void {
    this.#settings = settings;
    this.#timeoutMs = settings.queueTimeoutMs || QUEUE_TIMEOUT_DEFAULT_MS;
  }

  #replaceLimit(before: Concurrency, settings: Concurrency): void {
    const limit = this.#limit;
    if (limit instanceof SharedPlaces && !settings.adaptive) limit.limit = settings.limit;
    else if (limit instanceof FixedLimit && !before.adaptive && !settings.adaptive) {
      limit.limit = this.#shareOf(settings.limit);
    } else {
      limit.retire();
      this.#limit = this.#createLimit(settings);
      this.#limit.tellWaiting(this.#queue.length > 0);
    }
  }

  /** What each worker finds out by itself, or has no room to share, is limited to its part. */
  #shareOf(count: number): number {
    return Math.max(1, Math.floor(count / (this.#deps.shared?.limits.workerCount ?? 1)));
  }

  #createLimit({ limit, adaptive }: Concurrency): ConcurrencyLimit {
    const { shared } = this.#deps;
    if (adaptive) {
      const limitMax = this.#shareOf(limit > 0 ? limit : DEFAULT_GRADIENT.limitMax);
      return new GradientLimit({
        ...DEFAULT_GRADIENT,
        limitMax,
        limitMin: Math.min(this.#shareOf(DEFAULT_GRADIENT.limitMin), limitMax),
        limitInitial: Math.min(this.#shareOf(DEFAULT_GRADIENT.limitInitial), limitMax),
      });
    }
    const cell = shared?.limits.claimPlaces(shared.name) ?? null;
    if (cell === null || shared == null) return new FixedLimit(this.#shareOf(limit));
    const { workerIndex, workerCount } = shared.limits;
    return new SharedPlaces(Math.max(1, limit), cell, workerIndex, workerCount);
  }
}

/** The part that the exchange has in a gate, or had last. */
export function passOf(exchange: Exchange): GatePass {
  exchange.pass ??= new GatePass(exchange);
  return exchange.pass;
}

/** Whether a destination with these settings limits anything. */
export function limitsConcurrency({ limit, adaptive }: Concurrency): boolean {
  return limit > 0 || adaptive;
}
