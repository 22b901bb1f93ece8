/**
 * Requests of connections whose address says where they go: whatever their Host is, they get to
 * the service that stands at the address that was dialled, and by its rules. One for each address,
 * for all the connections to it.
 */
import type { Address } from "../../base/address.ts";
import type { Fault } from "../../base/fault.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import { METHOD_CONNECT } from "../../wire/http1/method.ts";
import type { ExchangeService, ServerConnection } from "../connection/server-connection.ts";
import { type Exchange, OUTBOUND } from "../exchange/exchange.ts";
import type { DestinationStack } from "../exchange/stacks.ts";
import type { FixedTarget } from "../outbound/compose-fixed.ts";
import type { DestinationSlot } from "../outbound/destination-table.ts";
import type { ExchangeSource, Outbound } from "../outbound/outbound.ts";
import type { Passages } from "../outbound/passages.ts";

export class BoundExchanges implements ExchangeService, ExchangeSource {
  readonly direction = OUTBOUND;
  readonly binding: AddressBinding;
  readonly #outbound: Outbound;
  readonly #passages: Passages;
  readonly #target: FixedTarget;
  #slot: DestinationSlot | null = null;

  constructor(outbound: Outbound, passages: Passages, binding: AddressBinding, meant: Address) {
    this.binding = binding;
    this.#outbound = outbound;
    this.#passages = passages;
    this.#target = binding.endpoint ?? { address: meant.host, port: meant.port };
  }

  get draining(): boolean {
    return this.#outbound.draining;
  }

  /** The way to the address itself, whatever the mesh makes of it. */
  get straightOn(): DestinationStack {
    return this.#passages.stack(this.binding.service, this.#target);
  }

  /** The destination that decides; null where the caller has chosen an endpoint by itself. */
  slot(nowMs: number): DestinationSlot | null {
    const { kind, service } = this.binding;
    if (kind === "endpoint") return null;
    const { table } = this.#outbound;
    if (this.#slot === null || this.#slot.dropped) this.#slot = table.slot(service, nowMs);
    else table.touch(this.#slot, nowMs);
    return this.#slot;
  }

  start(exchange: Exchange): void {
    const slot = this.slot(exchange.startedMs);
    if (exchange.head.methodCode === METHOD_CONNECT) this.#outbound.refuseConnect(exchange);
    else if (slot === null) this.#goStraightOn(exchange);
    else this.#outbound.dispatch(exchange, slot, this);
  }

  absent(exchange: Exchange): void {
    this.#goStraightOn(exchange);
  }

  unanswered(exchange: Exchange): void {
    this.#goStraightOn(exchange);
  }

  cancel(exchange: Exchange): void {
    this.#outbound.cancel(exchange);
  }

  refused(fault: Fault): void {
    this.#outbound.refused(fault);
  }

  closed(connection: ServerConnection): void {
    this.#outbound.closed(connection);
  }

  #goStraightOn(exchange: Exchange): void {
    const stack = this.straightOn;
    exchange.destination = stack;
    stack.top.start(exchange);
  }
}
