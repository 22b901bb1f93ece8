/**
 * A layer is one concern on the way of an exchange. Layers stand in a stack: an exchange starts
 * at the top and goes down, its answer comes up from the bottom. A stack is composed once, when
 * the configuration arrives; a layer keeps nothing of one exchange in itself.
 *
 *   down   start    begin (or begin again) everything below
 *          cancel   nobody wants the answer: give up everything below, and say nothing more
 *          discard  the answer whose head came up is not wanted: throw the rest away, and say
 *                   nothing more; as good as `end` for whoever counts
 *   up     informational   an interim answer (1xx)
 *          head     the final head of the answer
 *          end      the answer is whole; nothing follows
 *          fault    the exchange failed below; nothing follows
 *
 * Bodies do not pass through the layers: they go straight between `exchange.downstream` and
 * `exchange.upstream`.
 */
import type { Fault } from "../../base/fault.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";

export abstract class Layer {
  /** Linked by `compose`. The layers at the ends of a stack override what would lead beyond. */
  above: Layer = this;
  below: Layer = this;

  start(exchange: Exchange): void {
    this.below.start(exchange);
  }

  cancel(exchange: Exchange): void {
    this.below.cancel(exchange);
  }

  discard(exchange: Exchange): void {
    this.below.discard(exchange);
  }

  informational(exchange: Exchange, head: Head): void {
    this.above.informational(exchange, head);
  }

  head(exchange: Exchange, head: Head): void {
    this.above.head(exchange, head);
  }

  end(exchange: Exchange): void {
    this.above.end(exchange);
  }

  fault(exchange: Exchange, fault: Fault): void {
    this.above.fault(exchange, fault);
  }
}

export interface Stack {
  readonly top: Layer;
  readonly bottom: Layer;
}

/** Links layers, given from top to bottom. */
export function compose(layers: readonly Layer[]): Stack {
  const [top] = layers;
  const bottom = layers.at(-1);
  if (top === undefined || bottom === undefined) throw new Error("a stack needs a layer");
  for (let index = 1; index < layers.length; index += 1) {
    const upper = layers[index - 1];
    const lower = layers[index];
    if (upper === undefined || lower === undefined) continue;
    upper.below = lower;
    lower.above = upper;
  }
  return { top, bottom };
}
