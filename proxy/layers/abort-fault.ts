/**
 * Fails a share of a route's requests on purpose, so that a platform owner can rehearse how
 * callers take it. The answer says so in `heddle-error`: nobody shall look for a real failure.
 */
import { Fault } from "../../base/fault.ts";
import type { Random } from "../../base/random.ts";
import type { AbortFault } from "../../mesh/route-behaviour.ts";
import { ShareSampler } from "../../mesh/share.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Layer } from "./layer.ts";

export class AbortFaultLayer extends Layer {
  readonly #sampler: ShareSampler;
  readonly #fault: Fault;

  constructor(abort: AbortFault, random: Random) {
    super();
    this.#sampler = new ShareSampler(abort.share, random);
    const answer = { status: abort.status, retryAfterSeconds: 0 };
    this.#fault = new Fault("abort-injected", "", undefined, answer);
  }

  override start(exchange: Exchange): void {
    if (this.#sampler.take()) this.above.fault(exchange, this.#fault);
    else this.below.start(exchange);
  }
}
