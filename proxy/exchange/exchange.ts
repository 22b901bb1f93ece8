/**
 * One request and its answer on their way through the layers. Layers see this and never a socket:
 * whatever protocol carried the request in, and whatever carries it on, comes through here.
 *
 * A record is reused for every request of an HTTP/1 connection, so nothing here is made per
 * request, and whoever parks an exchange (a dial, a queue, a delay) keeps it by reference and
 * calls on it again later. `serial` tells a late caller whether it is still the same request.
 */
import type { Fault } from "../../base/fault.ts";
import { WheelTimer } from "../../base/timer-wheel.ts";
import { BODY_NONE, BODY_TUNNEL, type Head } from "../../wire/http1/head.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import type { GatePass } from "../layers/concurrency-gate.ts";
import type { HedgedTry } from "../layers/hedged-try.ts";
import type { RetryReason } from "../layers/retry-rules.ts";
import type { Stream } from "../net/stream.ts";
import { FailedEndpoints } from "./failed-endpoints.ts";
import type { KeptAnswer } from "./kept-answer.ts";
import { KeptBody } from "./kept-body.ts";
import type { BackendStack, DestinationStack, RouteStack } from "./stacks.ts";

/** Where the answer goes: the side of the caller. */
export interface Downstream {
  /** The caller's. */
  readonly remoteAddress: string;
  /** An interim answer, status 1xx. */
  informational(exchange: Exchange, head: Head): void;
  /** The final head of the answer. */
  head(exchange: Exchange, head: Head): void;
  /** A piece of the answer, borrowed. False: congested, the upstream side pauses. */
  body(bytes: Uint8Array, start: number, end: number): boolean;
  trailers(trailers: Head): void;
  /** The answer is whole. */
  end(exchange: Exchange): void;
  /** No answer had begun: tells the caller what failed. */
  fail(exchange: Exchange, fault: Fault): void;
  /** An answer had begun and cannot be finished: the caller must see that it was cut. */
  cut(exchange: Exchange, fault: Fault): void;
  /** The request's bytes may flow again. */
  resume(): void;
  /** An answer made by the proxy itself. */
  respond(exchange: Exchange, answer: OwnAnswer): void;
  /**
   * From now on bytes go both ways between the caller and `peer`, untouched, until both have
   * ended; `ended` is called then.
   */
  tunnel(exchange: Exchange, peer: Stream, ended: () => void): void;
}

/** Where the request goes: a slot on a connection to an endpoint. */
export interface Upstream {
  /** A piece of the request, borrowed. False: congested, the caller's side pauses. */
  body(bytes: Uint8Array, start: number, end: number): boolean;
  trailers(trailers: Head): void;
  end(): void;
  /** Nobody wants the answer any more: the slot is given up. */
  cancel(exchange: Exchange): void;
  /**
   * The answer's head has come and is not wanted: what follows is read and thrown away, as far as
   * that is cheaper than a new connection, or as `exchange.lastAnswer` wants to keep it. The
   * exchange is free at once.
   */
  discard(exchange: Exchange): void;
  /** The answer's bytes may flow again. */
  resume(): void;
}

export interface OwnAnswer {
  readonly status: number;
  /** Whole lines, each with its line break. */
  readonly fields: string;
  readonly body: string | Uint8Array;
}

/** Which way the traffic goes, seen from the application. */
export const OUTBOUND = 0;
export const INBOUND = 1;
export type Direction = typeof OUTBOUND | typeof INBOUND;

/**
 * Why a try is given up from above. Whoever cancels a try for another reason than that nobody
 * wants it any more says so on the exchange first, because endpoints are judged by it.
 */
export const UNWANTED = 0;
/** The endpoint took longer than the route allows: a failure of the endpoint. */
export const TOO_SLOW = 1;
/** Another try answered first: no failure, but its time so far still says how slow it is. */
export const OVERTAKEN = 2;
export type GivenUp = typeof UNWANTED | typeof TOO_SLOW | typeof OVERTAKEN;

/** What the try under way says of its endpoint, as far as it is known. */
export const UNDECIDED = 0;
/** It answered as it should. */
export const SERVED = 1;
/** It answered with what the route takes for a failure. */
export const FAILED = 2;
/**
 * It has too much to do, or is about to leave, and said so: no failure, and no reason to return.
 */
export const SHED = 3;
export type TryVerdict = typeof UNDECIDED | typeof SERVED | typeof FAILED | typeof SHED;

/** An exchange may take as long as it likes. */
export const NO_DEADLINE_MS = Number.POSITIVE_INFINITY;

export class Exchange {
  readonly downstream: Downstream;
  readonly head: Head;
  /** Counts the requests that used this record. */
  serial = 0;
  direction: Direction = OUTBOUND;
  /** Where its connection was meant to go before it was redirected here; empty when it was not. */
  originalDestination = "";

  startedMs = 0;
  /** When it last went on after it had waited; at first when it started. Tries are not waits. */
  resumedMs = 0;
  /** When it was over, however it ended. */
  endedMs = 0;
  /** When the final head of the answer came; 0 before. */
  answeredMs = 0;
  requestBytes = 0;
  answerBytes = 0;
  /** Of the final answer; 0 before. */
  status = 0;
  /** The caller has sent its whole request. */
  requestEnded = false;
  /** The final head went to the caller: nothing can be tried again. */
  answered = false;
  /** From `start` until it ended one way or the other. */
  active = false;
  fault: Fault | null = null;

  /** What the layers chose, from the outside in. */
  destination: DestinationStack | null = null;
  route: RouteStack | null = null;
  backend: BackendStack | null = null;
  endpoint: EndpointLoad | null = null;

  /** The try that is under way. */
  upstream: Upstream | null = null;
  /** Tries so far, those included that run or ran beside others. */
  attempt = 0;
  /** Which of them is under way here. */
  tryNumber = 0;
  attemptStartedMs = 0;
  /** When the caller had sent its whole request; 0 before. */
  requestEndedMs = 0;
  /** When its time is over, by the clock; `NO_DEADLINE_MS` when it has none. */
  deadlineMs = NO_DEADLINE_MS;
  /** The request carries `grpc-timeout`. */
  hasGrpcTimeout = false;
  /** The caller gave that time, not the route. */
  deadlineIsCallers = false;
  /** Retries so far; tries that ran beside others are not among them. */
  retries = 0;
  /** Why the try under way, which is not the first, was made; null once that was counted. */
  retryReason: RetryReason | null = null;
  /** Nothing is under way: the next try is yet to begin. */
  waitsToRetry = false;
  /** The caller was told to go on with its body, so that no later try tells it again. */
  continued = false;
  /** How many retries there had been when the caller got other interim answers; -1 before. */
  interimRetries = -1;
  /** The copies beside the try under way; of a copy, those that it belongs to. */
  hedged: HedgedTry | null = null;
  /** The last answer that was not passed on, while tries still went on. */
  lastAnswer: KeptAnswer | null = null;
  /** Callers are told not to try again. */
  retryForbidden = false;
  /** For the idle timeout: the count of what had moved, and since when it stands. */
  idleMark = -1;
  idleSinceMs = 0;
  /** The endpoints that failed tries before this one; null before any did. */
  failed: FailedEndpoints | null = null;
  /** A byte of this try was handed to the kernel. Until then it is provably unsent. */
  sent = false;
  /** This try went out on a connection that had served before. */
  reused = false;
  /** Any byte came back in this try: the request did reach somebody. */
  heard = false;
  /** Why this try is being cancelled, when it is. */
  givenUp: GivenUp = UNWANTED;
  verdict: TryVerdict = UNDECIDED;
  /** This try shows whether an evicted endpoint is well again. */
  probing = false;
  /** Body bytes that left us, over all tries: while there are none, the request is still whole. */
  bodySentBytes = 0;
  /** It was already sent anew because a reused connection had died under it. */
  lostOnce = false;

  /** Pieces of the body that came before the upstream was ready. */
  readonly held: HeldBody = new HeldBody();
  /** The body so far, where a layer asked for it; null otherwise. */
  kept: KeptBody | null = null;
  /** For what limits or delays the exchange as a whole. */
  readonly timer: WheelTimer;
  /** Whoever waits for `timer` on this exchange. */
  timerOwner: ExchangeTimerOwner | null = null;
  /** For what limits or delays one try. */
  readonly tryTimer: WheelTimer;
  tryTimerOwner: ExchangeTimerOwner | null = null;
  /** Link for queues that park exchanges. */
  next: Exchange | null = null;
  /** Where it is parked until there is a connection. */
  queue: ExchangeQueue | null = null;
  /** Its part in a limit on concurrency; null until it first comes to one. */
  pass: GatePass | null = null;
  #keptBefore: KeptBody | null = null;

  constructor(downstream: Downstream, head: Head) {
    this.downstream = downstream;
    this.head = head;
    this.timer = new WheelTimer(this);
    this.tryTimer = new WheelTimer(this);
  }

  begin(direction: Direction, nowMs: number): void {
    this.serial += 1;
    this.direction = direction;
    this.startedMs = nowMs;
    this.resumedMs = nowMs;
    this.answeredMs = 0;
    this.endedMs = nowMs;
    this.requestBytes = 0;
    this.answerBytes = 0;
    this.status = 0;
    this.requestEnded = false;
    this.answered = false;
    this.active = true;
    this.fault = null;
    this.destination = null;
    this.route = null;
    this.backend = null;
    this.endpoint = null;
    this.upstream = null;
    this.attempt = 0;
    this.tryNumber = 0;
    this.failed = null;
    this.sent = false;
    this.reused = false;
    this.heard = false;
    this.givenUp = UNWANTED;
    this.queue = null;
    this.bodySentBytes = 0;
    this.lostOnce = false;
    this.requestEndedMs = 0;
    this.deadlineMs = NO_DEADLINE_MS;
    this.deadlineIsCallers = false;
    this.hasGrpcTimeout = false;
    this.retries = 0;
    this.retryReason = null;
    this.waitsToRetry = false;
    this.continued = false;
    this.interimRetries = -1;
    this.hedged = null;
    this.lastAnswer = null;
    this.retryForbidden = false;
    this.held.clear();
    if (this.kept !== null) this.forgetBody();
  }

  /**
   * Keeps the request's body, up to a limit, while it streams on. Asked for in a layer's `start`;
   * the largest limit counts. Null when the request has no body.
   */
  keepBody(limitBytes: number): KeptBody | null {
    const { head, kept, held } = this;
    if (kept !== null) kept.raise(limitBytes);
    if (kept !== null || head.bodyKind === BODY_NONE || head.bodyKind === BODY_TUNNEL) return kept;
    const made = this.#keptBefore ?? new KeptBody();
    made.begin(limitBytes, head.contentLength);
    held.copyTo(made);
    if (this.requestEnded) made.end();
    this.kept = made;
    return made;
  }

  /** The next try goes to another endpoint than that one, if there is any. */
  markFailed(endpoint: EndpointLoad | null): void {
    if (endpoint === null) return;
    this.failed ??= new FailedEndpoints();
    this.failed.add(endpoint);
  }

  /** Nobody will send the body again. */
  forgetBody(): void {
    this.#keptBefore = this.kept;
    this.kept = null;
    this.#keptBefore?.clear();
  }

  /** Gives `upstream`, which begins a try, what there is of the body. False: congested. */
  flushBodyTo(upstream: Upstream): boolean {
    const { kept, held } = this;
    if (kept === null || kept.hasOverflowed) return held.flushTo(upstream);
    // What is held came while no try could take it, and was kept as well.
    held.clearBytes();
    return kept.replayTo(upstream);
  }

  /** Trailers of a body that had ended before the try under way could take them. */
  takeTrailers(): Head | null {
    return this.kept?.trailers ?? this.held.takeTrailers();
  }

  onTimer(timer: WheelTimer): void {
    const owner = timer === this.timer ? this.timerOwner : this.tryTimerOwner;
    owner?.exchangeTimer(this);
  }
}

/** Whoever parks exchanges until their turn comes. */
export interface ExchangeQueue {
  /** Takes it out. False when it is not there. */
  withdraw(exchange: Exchange): boolean;
}

export interface ExchangeTimerOwner {
  exchangeTimer(exchange: Exchange): void;
}

/**
 * Body bytes kept until there is somewhere to send them: one read of them, since their stream is
 * paused from then on. Empty most of the time.
 */
export class HeldBody {
  #bytes: Uint8Array | null = null;
  #length = 0;
  #trailers: Head | null = null;

  get length(): number {
    return this.#length;
  }

  /** Keeps a copy. The caller's side is paused at once, so one read is the most that comes. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + (end - start);
    const old = this.#bytes;
    if (old === null || old.length < length) {
      const grown = new Uint8Array(Math.max(length, 1024));
      if (old !== null) grown.set(old.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes?.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
  }

  /** Trailers of a body that ended while it was held. Kept whole: they are bounded and rare. */
  addTrailers(trailers: Head): void {
    trailers.keep();
    this.#trailers = trailers;
  }

  takeTrailers(): Head | null {
    const trailers = this.#trailers;
    this.#trailers = null;
    return trailers;
  }

  /** Gives what was held to `upstream`. */
  flushTo(upstream: Upstream): boolean {
    if (this.#bytes === null) return true;
    const bytes = this.#bytes;
    const length = this.#length;
    this.#bytes = null;
    this.#length = 0;
    return upstream.body(bytes, 0, length);
  }

  copyTo(kept: KeptBody): void {
    if (this.#bytes !== null) kept.add(this.#bytes, 0, this.#length);
    if (this.#trailers !== null) kept.addTrailers(this.#trailers);
  }

  clearBytes(): void {
    this.#bytes = null;
    this.#length = 0;
  }

  clear(): void {
    this.clearBytes();
    this.#trailers = null;
  }
}
