/**
 * Holds a share of a route's requests back on purpose before they go on, so that a platform owner
 * can rehearse a slow service. Stands below deadlines and the queue, which see the delay as they
 * would see the service's own. Delays are few and long: each has a timer of its own.
 */
import type { Clock } from "../../base/clock.ts";
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { Random } from "../../base/random.ts";
import { type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import type { DelayFault } from "../../mesh/route-behaviour.ts";
import { ShareSampler } from "../../mesh/share.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Layer } from "./layer.ts";

/** Requests that one route holds back at the same time; others go on at once. */
export const DELAYED_MAX = 10_000;

export interface DelayDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  /** Counts what was held back. */
  readonly delayed: CounterSlot;
}

export class DelayFaultLayer extends Layer {
  readonly #delay: DelayFault;
  readonly #deps: DelayDeps;
  readonly #sampler: ShareSampler;
  readonly #held = new Map<Exchange, WheelTimer>();

  constructor(delay: DelayFault, deps: DelayDeps) {
    super();
    this.#delay = delay;
    this.#deps = deps;
    this.#sampler = new ShareSampler(delay.share, deps.random);
  }

  override start(exchange: Exchange): void {
    if (!this.#sampler.take() || this.#held.size >= DELAYED_MAX) {
      this.below.start(exchange);
      return;
    }
    const timer = new WheelTimer({
      onTimer: () => {
        this.#held.delete(exchange);
        exchange.resumedMs = this.#deps.clock.nowMs();
        this.below.start(exchange);
      },
    });
    this.#held.set(exchange, timer);
    this.#deps.delayed.add(1);
    const { minMs, maxMs } = this.#delay;
    this.#deps.wheel.schedule(timer, minMs + (maxMs - minMs) * this.#deps.random.nextFloat());
  }

  override cancel(exchange: Exchange): void {
    const timer = this.#held.get(exchange);
    if (timer === undefined) {
      this.below.cancel(exchange);
      return;
    }
    this.#held.delete(exchange);
    this.#deps.wheel.cancel(timer);
  }
}
