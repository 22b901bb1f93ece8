/** Where one stack hands over to another, chosen per exchange. */
import type { Fault } from "../../base/fault.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Layer } from "./layer.ts";

/** Bottom of a route's stack: goes on in the stack of the backend that the split chose. */
export class ToBackend extends Layer {
  override start(exchange: Exchange): void {
    exchange.backend?.top.start(exchange);
  }

  override cancel(exchange: Exchange): void {
    exchange.backend?.top.cancel(exchange);
  }

  override discard(exchange: Exchange): void {
    exchange.backend?.top.discard(exchange);
  }
}

/** Top of a backend's stack: answers go back to the route that the exchange came from. */
export class FromBackend extends Layer {
  override informational(exchange: Exchange, head: Head): void {
    exchange.route?.bottom.informational(exchange, head);
  }

  override head(exchange: Exchange, head: Head): void {
    exchange.route?.bottom.head(exchange, head);
  }

  override end(exchange: Exchange): void {
    exchange.route?.bottom.end(exchange);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    exchange.route?.bottom.fault(exchange, fault);
  }
}
