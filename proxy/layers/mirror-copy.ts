/**
 * One copy of a request on its way to a mirror, and the end of the stack that it comes back to.
 * Nobody waits for it: its answer is thrown away, its failure told to metrics alone, and it is
 * given up when it takes too long.
 */
import type { Clock } from "../../base/clock.ts";
import type { Fault } from "../../base/fault.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Downstream, Exchange, ExchangeTimerOwner } from "../exchange/exchange.ts";
import { copyExchange } from "../exchange/exchange-copy.ts";
import type { KeptBody } from "../exchange/kept-body.ts";
import type { RouteStack } from "../exchange/stacks.ts";
import type { Stream } from "../net/stream.ts";
import type { MirrorRecorder } from "../telemetry/mirror-metrics.ts";
import { Layer } from "./layer.ts";

/** A copy that takes longer is given up. */
export const MIRROR_TIMEOUT_MS = 10_000;
/** Copies that one route has under way; further ones are dropped. */
export const COPIES_MAX = 128;

/** Both answers to one request, as far as they have come. */
export class Comparison {
  readonly #recorder: MirrorRecorder;
  #status = 0;
  #tookMs = 0;
  #copyStatus = 0;
  #copyTookMs = 0;
  #settled = false;

  constructor(recorder: MirrorRecorder) {
    this.#recorder = recorder;
  }

  primary(status: number, tookMs: number): void {
    this.#status = status;
    this.#tookMs = tookMs;
    this.#settle();
  }

  copy(status: number, tookMs: number): void {
    this.#copyStatus = status;
    this.#copyTookMs = tookMs;
    this.#settle();
  }

  #settle(): void {
    if (this.#status === 0 || this.#copyStatus === 0 || this.#settled) return;
    this.#settled = true;
    const slowerByMs = this.#copyTookMs - this.#tookMs;
    this.#recorder.compare(this.#status === this.#copyStatus, slowerByMs);
  }
}

export interface CopyDeps {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly recorder: MirrorRecorder;
}

/** The top of a mirror's stack. */
export class MirrorEnd extends Layer implements ExchangeTimerOwner {
  readonly #deps: CopyDeps;
  #underWay = 0;

  constructor(deps: CopyDeps) {
    super();
    this.#deps = deps;
  }

  /** Null when there are too many; then it was counted. `send` it, or it stays counted for ever. */
  prepare(
    first: Exchange,
    body: KeptBody | null,
    route: RouteStack,
    comparison: Comparison | null,
  ): Exchange | null {
    if (this.#underWay >= COPIES_MAX) {
      this.#deps.recorder.count("dropped-busy");
      return null;
    }
    this.#underWay += 1;
    const nowMs = this.#deps.clock.nowMs();
    const copy = copyExchange(first, new CopyDownstream(comparison), body, nowMs);
    copy.route = route;
    copy.backend = null;
    return copy;
  }

  send(copy: Exchange): void {
    copy.timerOwner = this;
    const { startedMs, deadlineMs } = copy;
    const leftMs = Math.min(MIRROR_TIMEOUT_MS, deadlineMs - startedMs);
    this.#deps.wheel.scheduleFrom(copy.timer, startedMs, leftMs);
    this.below.start(copy);
  }

  override informational(): void {}

  override head(copy: Exchange, head: Head): void {
    const { clock, recorder } = this.#deps;
    const tookMs = clock.nowMs() - copy.startedMs;
    recorder.latency.record(tookMs);
    comparisonOf(copy)?.copy(head.status, tookMs);
    this.#finish(copy, "answered");
    this.below.discard(copy);
  }

  /** The rest of an answer is thrown away below, so none of them comes to its end here. */
  override end(copy: Exchange): void {
    this.#finish(copy, "answered");
  }

  override fault(copy: Exchange, _fault: Fault): void {
    this.#finish(copy, "failed");
  }

  /** What has gone out tells how long it takes; what has not, when its time is over, never will. */
  exchangeTimer(copy: Exchange): void {
    const { clock, wheel } = this.#deps;
    const leftMs = copy.startedMs + MIRROR_TIMEOUT_MS - clock.nowMs();
    if (copy.sent && leftMs > 0) {
      wheel.schedule(copy.timer, leftMs);
      return;
    }
    this.#finish(copy, "failed");
    this.below.cancel(copy);
  }

  #finish(copy: Exchange, outcome: "answered" | "failed"): void {
    if (!copy.active) return;
    copy.active = false;
    this.#underWay -= 1;
    this.#deps.wheel.cancel(copy.timer);
    this.#deps.recorder.count(outcome);
  }
}

function comparisonOf(copy: Exchange): Comparison | null {
  return copy.downstream instanceof CopyDownstream ? copy.downstream.comparison : null;
}

/** Nobody: what would be told to a caller is dropped. */
class CopyDownstream implements Downstream {
  readonly remoteAddress = "";
  readonly comparison: Comparison | null;

  constructor(comparison: Comparison | null) {
    this.comparison = comparison;
  }

  informational(): void {}
  head(): void {}
  body(): boolean {
    return true;
  }
  trailers(): void {}
  end(): void {}
  fail(): void {}
  cut(): void {}
  resume(): void {}
  respond(): void {}

  tunnel(_copy: Exchange, peer: Stream, ended: () => void): void {
    peer.destroy();
    ended();
  }
}
