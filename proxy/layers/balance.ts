/**
 * Chooses the endpoint that is likely to answer first, and tells it how each try ended: how long
 * the first byte of the answer took, so that a long download does not look like a slow endpoint,
 * and whether it was a failure of the endpoint's. No failures are: being too busy or about to
 * leave, where a proxy in front says so, a caller that goes away, and a caller's own deadline.
 *
 * An evicted endpoint whose time has come gets a request as a probe. When that fails, the request
 * goes elsewhere before anybody above hears of it.
 */
import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Eviction } from "../balance/eviction.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import { WITHDRAWN } from "../connection/client-connection.ts";
import {
  type Exchange,
  FAILED,
  SERVED,
  SHED,
  TOO_SLOW,
  type TryVerdict,
  UNDECIDED,
  UNWANTED,
} from "../exchange/exchange.ts";
import { HEDDLE_ERROR } from "../exchange/heddle-fields.ts";
import type { ProbeOutcome } from "../telemetry/eviction-recorder.ts";
import { Layer } from "./layer.ts";
import { type ProbeSource, RequestProbes } from "./request-probes.ts";

const RETRY_AFTER = new FieldName("retry-after");
const SERVICE_UNAVAILABLE = 503;
/** What a proxy in front of an application says that has too much to do, or is about to leave. */
const SHEDDING: ReadonlySet<string> = new Set(["overloaded", "draining"]);

/** Where endpoints come from. */
export interface EndpointSource extends ProbeSource {
  /** Null: nothing is evicted. */
  readonly eviction: Eviction | null;
  /** One of `exchange.failed` is chosen only when there is no other. */
  pick(nowMs: number, exchange: Exchange): EndpointLoad | null;
  /** Why there is nothing to pick. */
  describe(): string;
}

export class BalanceLayer extends Layer {
  readonly #source: EndpointSource;
  readonly #clock: Clock;
  readonly #probes: RequestProbes;

  constructor(source: EndpointSource, clock: Clock, wheel: TimerWheel) {
    super();
    this.#source = source;
    this.#clock = clock;
    this.#probes = new RequestProbes(wheel, (exchange) => this.#probeTimedOut(exchange));
  }

  override start(exchange: Exchange): void {
    const nowMs = exchange.attempt === 0 ? exchange.resumedMs : this.#clock.nowMs();
    this.#number(exchange);
    const { eviction } = this.#source;
    if (eviction !== null && eviction.probeDueMs <= nowMs && this.#probe(exchange, nowMs)) return;
    this.#try(exchange, this.#source.pick(nowMs, exchange), nowMs);
  }

  override head(exchange: Exchange, head: Head): void {
    const nowMs = this.#clock.nowMs();
    exchange.answeredMs = nowMs;
    exchange.verdict = judge(exchange, head);
    if (exchange.probing) {
      if (exchange.verdict !== SERVED) {
        this.below.discard(exchange);
        this.#finish(exchange, true, nowMs);
        this.#probeFailed(exchange, nowMs);
        return;
      }
      this.#endProbe(exchange, "good", nowMs);
    }
    this.above.head(exchange, head);
  }

  override end(exchange: Exchange): void {
    this.#answered(exchange);
    this.above.end(exchange);
  }

  override discard(exchange: Exchange): void {
    this.#answered(exchange);
    this.below.discard(exchange);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    const nowMs = this.#clock.nowMs();
    if (fault === WITHDRAWN && !exchange.probing) {
      exchange.endpoint?.abandon();
      this.#elsewhere(exchange, nowMs);
      return;
    }
    const failed = fault.side === "upstream";
    // What fails on our side says nothing of how long the endpoint takes.
    if (failed) this.#finish(exchange, true, nowMs);
    else exchange.endpoint?.abandon();
    if (exchange.probing) {
      this.#probeFailed(exchange, nowMs);
      return;
    }
    const { endpoint } = exchange;
    if (failed && endpoint !== null) this.#source.eviction?.failed(endpoint, nowMs);
    this.above.fault(exchange, fault);
  }

  override cancel(exchange: Exchange): void {
    const nowMs = this.#clock.nowMs();
    const { endpoint } = exchange;
    const tooSlow = exchange.givenUp === TOO_SLOW;
    // A try that began later has answered: who is overtaken so is not well yet.
    const outcome = exchange.givenUp === UNWANTED ? "unknown" : "bad";
    if (exchange.probing) this.#endProbe(exchange, outcome, nowMs);
    if (endpoint === null) {
      // Nothing was chosen, so that nothing is under way.
    } else if (exchange.verdict !== UNDECIDED && !tooSlow) {
      this.#answered(exchange);
    } else if (tooSlow) {
      this.#finish(exchange, true, nowMs);
      this.#source.eviction?.failed(endpoint, nowMs);
    } else if (exchange.sent && exchange.requestEnded) {
      endpoint.cut(nowMs, nowMs - Math.max(exchange.attemptStartedMs, exchange.requestEndedMs));
    } else {
      endpoint.abandon();
    }
    this.below.cancel(exchange);
  }

  #try(exchange: Exchange, endpoint: EndpointLoad | null, nowMs: number): void {
    exchange.attemptStartedMs = nowMs;
    exchange.answeredMs = 0;
    exchange.sent = false;
    exchange.reused = false;
    exchange.heard = false;
    exchange.givenUp = UNWANTED;
    exchange.verdict = UNDECIDED;
    exchange.endpoint = endpoint;
    if (endpoint === null) {
      this.above.fault(exchange, new Fault("no-endpoints", this.#source.describe()));
      return;
    }
    endpoint.start();
    this.below.start(exchange);
  }

  /** The head of an answer came, and nothing more is of interest. */
  #answered(exchange: Exchange): void {
    const { endpoint, verdict, answeredMs } = exchange;
    if (endpoint === null) return;
    this.#finish(exchange, verdict === FAILED || verdict === SHED, answeredMs);
    const { eviction } = this.#source;
    if (eviction === null) return;
    if (verdict === FAILED) eviction.failed(endpoint, this.#clock.nowMs());
    else if (verdict === SERVED) eviction.succeeded(endpoint, answeredMs);
  }

  /** Whatever became of the try: what it says about latency. */
  #finish(exchange: Exchange, failed: boolean, nowMs: number): void {
    const untilMs = exchange.answeredMs > 0 ? exchange.answeredMs : nowMs;
    exchange.endpoint?.finish(untilMs, untilMs - exchange.attemptStartedMs, failed);
  }

  /** Sends the exchange to an evicted endpoint, to see. False: not this one. */
  #probe(exchange: Exchange, nowMs: number): boolean {
    if (!this.#probes.admits(exchange, nowMs)) return false;
    const load = this.#source.takeProbe(nowMs);
    if (load === null) return false;
    this.#probes.begin(exchange);
    this.#try(exchange, load, nowMs);
    return true;
  }

  #probeTimedOut(exchange: Exchange): void {
    const nowMs = this.#clock.nowMs();
    this.#finish(exchange, true, nowMs);
    this.below.cancel(exchange);
    this.#probeFailed(exchange, nowMs);
  }

  /** Nobody above hears of it; but an application may have, and so the next one is a second try. */
  #probeFailed(exchange: Exchange, nowMs: number): void {
    this.#endProbe(exchange, "bad", nowMs);
    this.#number(exchange);
    this.#elsewhere(exchange, nowMs);
  }

  /** What was given up before it was sent keeps its number: others may have begun beside it. */
  #number(exchange: Exchange): void {
    exchange.attempt += 1;
    exchange.tryNumber = exchange.attempt;
  }

  #elsewhere(exchange: Exchange, nowMs: number): void {
    exchange.markFailed(exchange.endpoint);
    this.#try(exchange, this.#source.pick(nowMs, exchange), nowMs);
  }

  #endProbe(exchange: Exchange, outcome: ProbeOutcome, nowMs: number): void {
    this.#probes.end(exchange);
    if (exchange.endpoint !== null) this.#source.probeEnded(exchange.endpoint, outcome, nowMs);
  }
}

function judge(exchange: Exchange, head: Head): TryVerdict {
  if (exchange.route?.recorder.isFailure(head.status) !== true) return SERVED;
  return isShedding(exchange, head) ? SHED : FAILED;
}

/** Only a proxy of ours is believed about itself; any server may say 503 and when to come again. */
function isShedding(exchange: Exchange, head: Head): boolean {
  if (head.hasHeddle && exchange.endpoint?.endpoint.proxied === true) {
    if (SHEDDING.has(head.textOf(HEDDLE_ERROR) ?? "")) return true;
  }
  return head.status === SERVICE_UNAVAILABLE && head.find(RETRY_AFTER) >= 0;
}
