/**
 * Decides which of the destination's rules the request falls under. First match wins; the last
 * rule matches everything. The rules change at run time by a new stack taking this one's place.
 */
import { Fault } from "../../base/fault.ts";
import type { MatchInput } from "../../mesh/match-input.ts";
import type { RouteTable } from "../../mesh/route-table.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { RequestView } from "../exchange/request-view.ts";
import type { RouteStack } from "../exchange/stacks.ts";
import { Layer } from "./layer.ts";

export class RouteLayer extends Layer {
  readonly #table: RouteTable;
  readonly #routes: readonly RouteStack[];
  readonly #view = new RequestView();

  constructor(table: RouteTable, routes: readonly RouteStack[]) {
    super();
    this.#table = table;
    this.#routes = routes;
  }

  override start(exchange: Exchange): void {
    const input: MatchInput = this.#view.of(exchange.head);
    const route = this.#routes[this.#table.find(input)];
    if (route === undefined) {
      this.above.fault(exchange, new Fault("internal", "no rule matched"));
      return;
    }
    exchange.route = route;
    route.top.start(exchange);
  }

  override cancel(exchange: Exchange): void {
    exchange.route?.top.cancel(exchange);
  }
}
