/**
 * Copies a share of requests, or those that match, to another service. The original goes first
 * and never waits: a copy with a body is sent when the whole body has come, out of what was kept
 * while it streamed through; what outgrows the limit is not copied.
 */
import type { Clock } from "../../base/clock.ts";
import type { Fault } from "../../base/fault.ts";
import type { Random } from "../../base/random.ts";
import type { Predicate } from "../../mesh/predicate.ts";
import type { Mirror } from "../../mesh/route-behaviour.ts";
import { ShareSampler } from "../../mesh/share.ts";
import { BODY_NONE, BODY_TUNNEL, type Head } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { BodyWatcher, KeptBody } from "../exchange/kept-body.ts";
import { RequestView } from "../exchange/request-view.ts";
import type { BackendStack, RouteStack } from "../exchange/stacks.ts";
import { RetryBudget } from "../limits/retry-budget.ts";
import type { MirrorRecorder } from "../telemetry/mirror-metrics.ts";
import { ToBackend } from "./junctions.ts";
import { compose, Layer } from "./layer.ts";
import { Comparison, type CopyDeps, MirrorEnd } from "./mirror-copy.ts";
import { SingleBackendLayer } from "./split.ts";

/**
 * Copies are sent once: none of them is a probe of an evicted endpoint, which might be sent again,
 * and out of what the originals have for their retries.
 */
const NO_RETRIES = { ratio: 0, minRetriesPerSecond: 0, ttlMs: 1_000 };

export interface MirrorDeps extends CopyDeps {
  readonly random: Random;
  readonly backend: BackendStack;
  /** Null: all requests of the route are to be copied, or the share of them. */
  readonly predicate: Predicate | null;
}

/** A request that is under way and has to do with a copy. */
interface Original {
  readonly startedMs: number;
  readonly comparison: Comparison | null;
  /** Its copy waits for the rest of the body. */
  waits: boolean;
}

export class MirrorLayer extends Layer {
  readonly #mirror: Mirror;
  readonly #predicate: Predicate | null;
  readonly #recorder: MirrorRecorder;
  readonly #clock: Clock;
  readonly #sampler: ShareSampler;
  readonly #end: MirrorEnd;
  readonly #bottom: Layer;
  readonly #backend: BackendStack;
  readonly #view = new RequestView();
  readonly #originals = new Map<Exchange, Original>();
  #route: RouteStack | null = null;

  constructor(mirror: Mirror, deps: MirrorDeps) {
    super();
    this.#mirror = mirror;
    this.#predicate = deps.predicate;
    this.#recorder = deps.recorder;
    this.#clock = deps.clock;
    this.#sampler = new ShareSampler(mirror.share, deps.random);
    this.#backend = deps.backend;
    this.#end = new MirrorEnd(deps);
    const stack = compose([this.#end, new SingleBackendLayer(deps.backend), new ToBackend()]);
    this.#bottom = stack.bottom;
  }

  /** The route that it belongs to: copies are sent as its requests are. Told once, at the end. */
  join(route: RouteStack): void {
    const budget = new RetryBudget(NO_RETRIES);
    const backends = [this.#backend];
    this.#route = { ...route, top: this.#end, bottom: this.#bottom, backends, budget };
  }

  override start(exchange: Exchange): void {
    if (!this.#isWanted(exchange.head)) {
      this.below.start(exchange);
      return;
    }
    const copy = this.#begin(exchange);
    this.below.start(exchange);
    if (copy !== null) this.#end.send(copy);
  }

  override head(exchange: Exchange, head: Head): void {
    if (this.#originals.size > 0) this.#answered(exchange, head.status);
    this.above.head(exchange, head);
  }

  override end(exchange: Exchange): void {
    if (this.#originals.size > 0) this.#forget(exchange);
    this.above.end(exchange);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    if (this.#originals.size > 0) {
      this.#answered(exchange, fault.status);
      this.#forget(exchange);
    }
    this.above.fault(exchange, fault);
  }

  override cancel(exchange: Exchange): void {
    if (this.#originals.size > 0) this.#forget(exchange);
    this.below.cancel(exchange);
  }

  /** A tunnel is a conversation: half of one is of no use to anybody. */
  #isWanted(head: Head): boolean {
    if (head.bodyKind === BODY_TUNNEL || head.upgrade) return false;
    const predicate = this.#predicate;
    if (predicate !== null && !predicate.test(this.#view.of(head))) return false;
    return this.#sampler.take();
  }

  /** The copy, if it can be sent at once: made now, because the original may be over soon. */
  #begin(exchange: Exchange): Exchange | null {
    const { compare, bodyBytesMax } = this.#mirror;
    const body = exchange.keepBody(bodyBytesMax);
    if (body !== null && !body.fits(bodyBytesMax)) {
      this.#recorder.count("dropped-body");
      return null;
    }
    const isWhole = body === null || body.isWhole;
    const comparison = compare ? new Comparison(this.#recorder) : null;
    if (comparison !== null || !isWhole) {
      const startedMs = this.#clock.nowMs();
      this.#originals.set(exchange, { startedMs, comparison, waits: !isWhole });
    }
    if (isWhole) return this.#prepare(exchange, body, comparison);
    body.watch(new BodyWait(this, exchange));
    return null;
  }

  /** For the one who waited for the body. */
  bodySettled(exchange: Exchange, body: KeptBody): void {
    const original = this.#originals.get(exchange);
    if (original === undefined) return;
    original.waits = false;
    if (!body.isWhole || !body.fits(this.#mirror.bodyBytesMax)) {
      this.#recorder.count("dropped-body");
      this.#originals.delete(exchange);
      return;
    }
    const copy = this.#prepare(exchange, body, original.comparison);
    if (copy !== null) this.#end.send(copy);
  }

  #prepare(
    exchange: Exchange,
    body: KeptBody | null,
    comparison: Comparison | null,
  ): Exchange | null {
    const route = this.#route;
    if (route === null) return null;
    const isEmpty = exchange.head.bodyKind === BODY_NONE;
    return this.#end.prepare(exchange, isEmpty ? null : (body?.copy() ?? null), route, comparison);
  }

  #answered(exchange: Exchange, status: number): void {
    const original = this.#originals.get(exchange);
    if (original === undefined || original.comparison === null) return;
    const fromMs = Math.max(original.startedMs, exchange.requestEndedMs);
    original.comparison.primary(status, this.#clock.nowMs() - fromMs);
  }

  #forget(exchange: Exchange): void {
    const original = this.#originals.get(exchange);
    if (original === undefined) return;
    this.#originals.delete(exchange);
    if (original.waits) this.#recorder.count("dropped-early");
  }
}

class BodyWait implements BodyWatcher {
  readonly #layer: MirrorLayer;
  readonly #exchange: Exchange;

  constructor(layer: MirrorLayer, exchange: Exchange) {
    this.#layer = layer;
    this.#exchange = exchange;
  }

  bodySettled(body: KeptBody): void {
    this.#layer.bodySettled(this.#exchange, body);
  }
}
