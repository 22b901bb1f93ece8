/**
 * Chooses one of the route's backends by weight. A backend without an endpoint that could take
 * the request is left out and the weights of the others stand for themselves; when none has one,
 * the choice is as if all had, and the failure names it.
 */
import { Fault } from "../../base/fault.ts";
import type { WeightedSplit } from "../../mesh/weighted-split.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { BackendStack } from "../exchange/stacks.ts";
import { Layer } from "./layer.ts";

/** The usual case: one backend, nothing to choose. */
export class SingleBackendLayer extends Layer {
  readonly #backend: BackendStack;

  constructor(backend: BackendStack) {
    super();
    this.#backend = backend;
  }

  override start(exchange: Exchange): void {
    exchange.backend = this.#backend;
    this.below.start(exchange);
  }
}

export class SplitLayer extends Layer {
  readonly #split: BackendSplit;

  constructor(split: BackendSplit) {
    super();
    this.#split = split;
  }

  override start(exchange: Exchange): void {
    exchange.backend = this.#split.next();
    this.below.start(exchange);
  }
}

/** Whose turn it is: for requests and, beside them, for connections. */
export class BackendSplit {
  readonly #backends: readonly BackendStack[];
  readonly #split: WeightedSplit;

  constructor(backends: readonly BackendStack[], split: WeightedSplit) {
    this.#backends = backends;
    this.#split = split;
  }

  /** Null when there is no backend at all. */
  next(): BackendStack | null {
    return this.#backends[this.#pick()] ?? null;
  }

  #pick(): number {
    const backends = this.#backends;
    let missing = 0;
    for (let index = 0; index < backends.length; index += 1) {
      if (backends[index]?.available !== true) missing += 1;
    }
    return missing === 0 || missing === backends.length
      ? this.#split.pick()
      : this.#split.pickAvailable(this.#isAvailable);
  }

  readonly #isAvailable = (index: number): boolean => this.#backends[index]?.available === true;
}

/** A rule whose object names no backend that exists: it answers, and takes no other's traffic. */
export class NoBackendLayer extends Layer {
  override start(exchange: Exchange): void {
    this.above.fault(exchange, new Fault("backend-invalid", "this rule has no valid backend"));
  }

  override cancel(): void {}
}
