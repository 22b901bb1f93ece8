/**
 * Sends a second copy of a slow request to another endpoint, and takes the answer that comes
 * first. Only where a retry would be allowed: what may be repeated, is here as a whole, and fits in
 * the budget. A failure that is worth a retry does not win while another try runs. Who comes too
 * late is cancelled, and the time that it took so far still counts against its endpoint.
 *
 * Stands below retries: for them a try and its copies are one try, whose outcome is that of the
 * last of them.
 */
import type { Clock } from "../../base/clock.ts";
import type { Fault } from "../../base/fault.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { Hedge, Retry } from "../../mesh/retry.ts";
import { BODY_TUNNEL, type Head } from "../../wire/http1/head.ts";
import { type Exchange, type GivenUp, OVERTAKEN } from "../exchange/exchange.ts";
import { copyExchange } from "../exchange/exchange-copy.ts";
import { KeptAnswer } from "../exchange/kept-answer.ts";
import type { RouteStack } from "../exchange/stacks.ts";
import type { HedgeDelay } from "../limits/hedge-delay.ts";
import type { RetryBudget } from "../limits/retry-budget.ts";
import type { RetryRecorder } from "../telemetry/retry-metrics.ts";
import { HedgeCaller, HedgedTry, type HedgeOwner } from "./hedged-try.ts";
import { Layer } from "./layer.ts";
import { RetryRules } from "./retry-rules.ts";

export interface HedgeDeps {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly budget: RetryBudget;
  readonly recorder: RetryRecorder;
  /** What the route's answers took lately; null where the time is fixed. */
  readonly observed: HedgeDelay | null;
}

export class HedgeLayer extends Layer implements HedgeOwner {
  readonly #hedge: Hedge;
  readonly #bodyBytesMax: number;
  readonly #rules: RetryRules;
  readonly #deps: HedgeDeps;
  readonly #copies = new CopiesLayer(this);
  /** The route, but that answers of copies come to us. */
  #copyRoute: RouteStack | null = null;

  constructor(hedge: Hedge, retry: Retry, deps: HedgeDeps) {
    super();
    this.#hedge = hedge;
    this.#bodyBytesMax = retry.bodyBytesMax;
    this.#rules = new RetryRules(retry);
    this.#deps = deps;
  }

  override start(exchange: Exchange): void {
    const { head } = exchange;
    exchange.hedged = null;
    if (head.bodyKind !== BODY_TUNNEL && !head.upgrade && this.#rules.mayRepeat(head)) {
      exchange.keepBody(this.#bodyBytesMax);
      exchange.hedged = new HedgedTry(exchange, this);
      this.#schedule(exchange.hedged);
    }
    this.below.start(exchange);
  }

  hedgeDue(hedged: HedgedTry): void {
    const { first } = hedged;
    const { kept } = first;
    const { clock, budget, recorder } = this.#deps;
    if (kept !== null && !kept.fits(this.#bodyBytesMax)) return;
    // Without its end a body cannot be sent beside itself: perhaps the next time.
    if (!first.requestEnded) {
      this.#schedule(hedged);
      return;
    }
    if ((first.backend?.choices ?? 0) <= hedged.runningCount) return;
    const nowMs = clock.nowMs();
    if (!budget.tryWithdraw(nowMs)) {
      recorder.hedged("withheld");
      return;
    }
    hedged.startedCount += 1;
    recorder.hedged("started");
    if (hedged.startedCount < this.#hedge.max) this.#schedule(hedged);
    this.#startCopy(hedged, nowMs);
  }

  override cancel(exchange: Exchange): void {
    const { hedged } = exchange;
    if (hedged === null) this.below.cancel(exchange);
    else this.#giveUp(hedged, exchange.givenUp);
  }

  override discard(exchange: Exchange): void {
    const { hedged } = exchange;
    const winner = hedged?.winner ?? null;
    if (hedged === null || winner === null) {
      this.below.discard(exchange);
      return;
    }
    hedged.winner = null;
    exchange.upstream = null;
    winner.lastAnswer = exchange.lastAnswer;
    winner.backend?.top.discard(winner);
  }

  override informational(exchange: Exchange, head: Head): void {
    if (exchange.hedged?.firstFailed !== true) this.above.informational(exchange, head);
  }

  override head(exchange: Exchange, head: Head): void {
    const { hedged } = exchange;
    if (hedged !== null) {
      const isFailure = this.#isFailure(exchange, head);
      if (isFailure && hedged.copies.length > 0) {
        hedged.firstFailed = true;
        exchange.markFailed(exchange.endpoint);
        exchange.lastAnswer = new KeptAnswer(head, exchange.endpoint);
        this.below.discard(exchange);
        return;
      }
      if (!isFailure) this.#observe(exchange);
      this.#overtake(hedged);
    }
    this.above.head(exchange, head);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    const { hedged } = exchange;
    if (hedged !== null && !exchange.answered) {
      hedged.firstFailed = true;
      exchange.markFailed(exchange.endpoint);
      if (hedged.copies.length > 0) return;
      this.#deps.wheel.cancel(hedged.timer);
    }
    this.above.fault(exchange, fault);
  }

  copyHead(copy: Exchange, hedged: HedgedTry, head: Head): void {
    const { first } = hedged;
    hedged.remove(copy);
    const isFailure = this.#isFailure(copy, head);
    if (isFailure && hedged.runningCount > 0) {
      this.#deps.recorder.hedged("lost");
      first.markFailed(copy.endpoint);
      copy.lastAnswer = new KeptAnswer(head, copy.endpoint);
      first.lastAnswer = copy.lastAnswer;
      copy.backend?.top.discard(copy);
      return;
    }
    if (!isFailure) this.#observe(copy);
    this.#overtake(hedged);
    if (!hedged.firstFailed) {
      this.#observe(first);
      this.#cancelFirst(hedged, OVERTAKEN);
    }
    hedged.winner = copy;
    this.#speakFor(first, copy);
    this.#deps.recorder.hedged("won");
    this.above.head(first, head);
  }

  copyEnd(hedged: HedgedTry): void {
    hedged.winner = null;
    hedged.first.upstream = null;
    this.above.end(hedged.first);
  }

  copyFault(copy: Exchange, hedged: HedgedTry, fault: Fault): void {
    const { first, winner } = hedged;
    if (winner === copy) {
      hedged.winner = null;
      first.upstream = null;
    } else {
      hedged.remove(copy);
      this.#deps.recorder.hedged("lost");
      first.markFailed(copy.endpoint);
      if (hedged.runningCount > 0) return;
      this.#deps.wheel.cancel(hedged.timer);
      this.#speakFor(first, copy);
    }
    this.above.fault(first, fault);
  }

  #schedule(hedged: HedgedTry): void {
    const { clock, wheel, observed } = this.#deps;
    const { afterMs } = this.#hedge;
    const delayMs = observed === null ? afterMs : observed.delayMs(clock.nowMs());
    if (delayMs < Number.POSITIVE_INFINITY) wheel.schedule(hedged.timer, delayMs);
  }

  #startCopy(hedged: HedgedTry, nowMs: number): void {
    const { first } = hedged;
    const copy = copyExchange(first, new HedgeCaller(hedged), first.kept, nowMs);
    if (first.route !== null) this.#copyRoute ??= { ...first.route, bottom: this.#copies };
    copy.route = this.#copyRoute;
    copy.failed = first.failed?.copy() ?? null;
    for (const other of hedged.copies) copy.markFailed(other.endpoint);
    copy.markFailed(first.endpoint);
    copy.hedged = hedged;
    copy.attempt = first.attempt;
    first.attempt += 1;
    hedged.copies.push(copy);
    copy.backend?.top.start(copy);
  }

  /** What is worth a retry is no answer to win with. */
  #isFailure(exchange: Exchange, head: Head): boolean {
    return this.#rules.reasonOfHead(exchange, head) !== null;
  }

  /** From now on the answer of the copy is that of the first. */
  #speakFor(first: Exchange, copy: Exchange): void {
    first.endpoint = copy.endpoint;
    first.upstream = copy.upstream;
    first.answeredMs = copy.answeredMs;
    first.attemptStartedMs = copy.attemptStartedMs;
    first.sent ||= copy.sent;
    first.heard = true;
    first.bodySentBytes += copy.bodySentBytes;
  }

  #giveUp(hedged: HedgedTry, givenUp: GivenUp): void {
    const { first, winner } = hedged;
    this.#cancelCopies(hedged);
    if (winner === null) {
      if (!hedged.firstFailed) this.#cancelFirst(hedged, givenUp);
      return;
    }
    hedged.winner = null;
    first.upstream = null;
    cancelCopy(winner, givenUp);
  }

  #cancelFirst(hedged: HedgedTry, givenUp: GivenUp): void {
    hedged.firstFailed = true;
    hedged.first.givenUp = givenUp;
    this.below.cancel(hedged.first);
  }

  /** One has won: the copies that still run are too late. */
  #overtake(hedged: HedgedTry): void {
    for (let late = hedged.copies.length; late > 0; late -= 1) this.#deps.recorder.hedged("lost");
    this.#cancelCopies(hedged);
  }

  /** However late the first one was, its copies began later. */
  #cancelCopies(hedged: HedgedTry): void {
    this.#deps.wheel.cancel(hedged.timer);
    // Nearly always there are none: nothing is allocated for that.
    if (hedged.copies.length === 0) return;
    for (const copy of hedged.copies.splice(0)) cancelCopy(copy, OVERTAKEN);
  }

  /** Only of answers that are some: where many fail fast, the others are no slower for it. */
  #observe(exchange: Exchange): void {
    const { clock, observed } = this.#deps;
    observed?.record(clock.nowMs() - exchange.attemptStartedMs);
  }
}

function cancelCopy(copy: Exchange, givenUp: GivenUp): void {
  copy.givenUp = givenUp;
  copy.active = false;
  copy.backend?.top.cancel(copy);
}

/** Where answers of copies come in. */
class CopiesLayer extends Layer {
  readonly #hedges: HedgeLayer;

  constructor(hedges: HedgeLayer) {
    super();
    this.#hedges = hedges;
  }

  override informational(): void {}

  override head(copy: Exchange, head: Head): void {
    if (copy.hedged !== null) this.#hedges.copyHead(copy, copy.hedged, head);
  }

  override end(copy: Exchange): void {
    if (copy.hedged !== null) this.#hedges.copyEnd(copy.hedged);
  }

  override fault(copy: Exchange, fault: Fault): void {
    if (copy.hedged !== null) this.#hedges.copyFault(copy, copy.hedged, fault);
  }
}
