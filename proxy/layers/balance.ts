/**
 * Chooses the endpoint that is likely to answer first, and tells it how long each try took: to
 * the first byte of the answer, so that a long download does not look like a slow endpoint.
 */
import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import { type Exchange, UNWANTED } from "../exchange/exchange.ts";
import { Layer } from "./layer.ts";

/** Where endpoints come from. */
export interface EndpointSource {
  /** `avoid` failed this exchange before: it is chosen only when there is no other. */
  pick(nowMs: number, avoid: EndpointLoad | null): EndpointLoad | null;
  /** Why there is nothing to pick. */
  describe(): string;
}

export class BalanceLayer extends Layer {
  readonly #source: EndpointSource;
  readonly #clock: Clock;

  constructor(source: EndpointSource, clock: Clock) {
    super();
    this.#source = source;
    this.#clock = clock;
  }

  override start(exchange: Exchange): void {
    const nowMs = exchange.attempt === 0 ? exchange.startedMs : this.#clock.nowMs();
    exchange.attempt += 1;
    exchange.attemptStartedMs = nowMs;
    exchange.answeredMs = 0;
    exchange.sent = false;
    exchange.reused = false;
    exchange.heard = false;
    exchange.givenUp = UNWANTED;
    const endpoint = this.#source.pick(nowMs, exchange.failedEndpoint);
    exchange.endpoint = endpoint;
    if (endpoint === null) {
      this.above.fault(exchange, new Fault("no-endpoints", this.#source.describe()));
      return;
    }
    endpoint.start();
    this.below.start(exchange);
  }

  override head(exchange: Exchange, head: Head): void {
    exchange.answeredMs = this.#clock.nowMs();
    this.above.head(exchange, head);
  }

  override end(exchange: Exchange): void {
    this.#finish(exchange, false);
    this.above.end(exchange);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    this.#finish(exchange, fault.side === "upstream");
    this.above.fault(exchange, fault);
  }

  override discard(exchange: Exchange): void {
    this.#finish(exchange, false);
    this.below.discard(exchange);
  }

  override cancel(exchange: Exchange): void {
    exchange.endpoint?.abandon();
    this.below.cancel(exchange);
  }

  #finish(exchange: Exchange, failed: boolean): void {
    const nowMs = exchange.answeredMs > 0 ? exchange.answeredMs : this.#clock.nowMs();
    exchange.endpoint?.finish(nowMs, nowMs - exchange.attemptStartedMs, failed);
  }
}
