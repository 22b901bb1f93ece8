/** The bottom of a backend's stack: gives the exchange to the pool of the chosen endpoint. */
import { Fault } from "../../base/fault.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { EndpointPool } from "../pool/endpoint-pool.ts";
import { Layer } from "./layer.ts";

export interface PoolSource {
  pool(endpoint: EndpointLoad): EndpointPool;
}

export class SendLayer extends Layer {
  readonly #pools: PoolSource;

  constructor(pools: PoolSource) {
    super();
    this.#pools = pools;
  }

  override start(exchange: Exchange): void {
    const { endpoint } = exchange;
    if (endpoint === null) {
      this.above.fault(exchange, new Fault("internal", "no endpoint was chosen"));
      return;
    }
    this.#pools.pool(endpoint).send(exchange, this);
  }

  override cancel(exchange: Exchange): void {
    const { upstream, queue } = exchange;
    exchange.upstream = null;
    if (upstream !== null) upstream.cancel(exchange);
    else queue?.withdraw(exchange);
  }

  override discard(exchange: Exchange): void {
    const { upstream } = exchange;
    exchange.upstream = null;
    upstream?.discard(exchange);
  }
}
