/**
 * The top of every stack: what comes up goes to the caller. An answer that had begun cannot turn
 * into an error any more, so a fault after it cuts the connection, and the caller can tell.
 */
import type { Fault } from "../../base/fault.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Layer } from "./layer.ts";

export class AnswerLayer extends Layer {
  override informational(exchange: Exchange, head: Head): void {
    exchange.downstream.informational(exchange, head);
  }

  override head(exchange: Exchange, head: Head): void {
    exchange.answered = true;
    exchange.downstream.head(exchange, head);
  }

  override end(exchange: Exchange): void {
    exchange.active = false;
    exchange.downstream.end(exchange);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    exchange.active = false;
    if (exchange.answered) exchange.downstream.cut(exchange, fault);
    else exchange.downstream.fail(exchange, fault);
  }
}
