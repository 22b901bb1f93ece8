/**
 * Keeps a route, or each client of it, to so many requests a second. On the way in alone, where
 * the application is: each proxy counts for itself.
 */
import { Fault } from "../../base/fault.ts";
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { Random } from "../../base/random.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { RateLimiter } from "../limits/rate-limit.ts";
import { jitteredRetryAfterSeconds } from "../limits/retry-after.ts";
import { Layer } from "./layer.ts";

export interface RateLimitDeps {
  readonly limiter: RateLimiter;
  /** Each of its values is counted by itself, and all who have none together; empty: all are. */
  readonly header: string;
  readonly random: Random;
  /** Counts what was refused. */
  readonly limited: CounterSlot;
}

export class RateLimitLayer extends Layer {
  readonly #deps: RateLimitDeps;
  readonly #header: FieldName | null;

  constructor(deps: RateLimitDeps) {
    super();
    this.#deps = deps;
    this.#header = deps.header === "" ? null : new FieldName(deps.header);
  }

  override start(exchange: Exchange): void {
    const { limiter, random, limited } = this.#deps;
    const key = this.#header === null ? "" : (exchange.head.textOf(this.#header) ?? "");
    const earlyMs = limiter.take(key, exchange.resumedMs);
    if (earlyMs === 0) {
      this.below.start(exchange);
      return;
    }
    limited.add(1);
    const seconds = Math.max(1, Math.ceil(earlyMs / 1_000));
    const retryAfterSeconds = jitteredRetryAfterSeconds(seconds, random);
    const answer = { status: 0, retryAfterSeconds };
    this.above.fault(exchange, new Fault("rate-limited", "", undefined, answer));
  }
}
