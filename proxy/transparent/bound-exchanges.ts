/**
 * Requests of connections whose address says where they go: whatever their Host is, they get to
 * the service that stands at the address that was dialled, and by its rules. One for each address,
 * for all the connections to it.
 */
import { type Address, formatAddress } from "../../base/address.ts";
import type { Fault } from "../../base/fault.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import { METHOD_CONNECT } from "../../wire/http1/method.ts";
import type { ServerConnection } from "../connection/server-connection.ts";
import { type Exchange, OUTBOUND } from "../exchange/exchange.ts";
import type { DestinationStack } from "../exchange/stacks.ts";
import type { FixedTarget } from "../outbound/compose-fixed.ts";
import type { DestinationSlot } from "../outbound/destination-table.ts";
import type { ExchangeSource, Outbound } from "../outbound/outbound.ts";
import type { Passage, Passages } from "../outbound/passages.ts";
import type { RedirectRecorder } from "../telemetry/redirect-metrics.ts";
import type { BoundService } from "./redirected-connection.ts";

export interface BoundExchangesDeps {
  readonly outbound: Outbound;
  readonly passages: Passages;
  readonly recorder: RedirectRecorder;
}

export class BoundExchanges implements BoundService, ExchangeSource {
  readonly direction = OUTBOUND;
  readonly binding: AddressBinding;
  readonly #deps: BoundExchangesDeps;
  readonly #target: FixedTarget;
  readonly #address: string;
  #slot: DestinationSlot | null = null;
  #passage: Passage | null = null;

  constructor(binding: AddressBinding, meant: Address, deps: BoundExchangesDeps) {
    this.binding = binding;
    this.#deps = deps;
    this.#address = formatAddress(meant);
    this.#target = binding.endpoint ?? { address: meant.host, port: meant.port };
  }

  get draining(): boolean {
    return this.#deps.outbound.draining;
  }

  straightOn(nowMs: number): DestinationStack {
    const { passages } = this.#deps;
    if (this.#passage === null || this.#passage.closed) {
      this.#passage = passages.open(this.binding.service, this.#target, nowMs);
    } else passages.touch(this.#passage, nowMs);
    return this.#passage.stack;
  }

  slot(nowMs: number): DestinationSlot | null {
    const { kind, service } = this.binding;
    if (kind === "endpoint") return null;
    const { table } = this.#deps.outbound;
    if (this.#slot === null || this.#slot.dropped) this.#slot = table.slot(service, nowMs);
    else table.touch(this.#slot, nowMs);
    return this.#slot;
  }

  start(exchange: Exchange): void {
    const { outbound } = this.#deps;
    exchange.originalDestination = this.#address;
    const slot = this.slot(exchange.startedMs);
    if (exchange.head.methodCode === METHOD_CONNECT) outbound.refuseConnect(exchange);
    else if (slot === null) this.#goStraightOn(exchange);
    else outbound.dispatch(exchange, slot, this);
  }

  absent(exchange: Exchange): void {
    this.#goStraightOn(exchange);
  }

  unanswered(exchange: Exchange): void {
    this.#deps.recorder.countUnmanaged("destination");
    this.#goStraightOn(exchange);
  }

  cancel(exchange: Exchange): void {
    this.#deps.outbound.cancel(exchange);
  }

  refused(fault: Fault): void {
    this.#deps.outbound.refused(fault);
  }

  closed(connection: ServerConnection): void {
    this.#deps.outbound.closed(connection);
  }

  #goStraightOn(exchange: Exchange): void {
    const stack = this.straightOn(exchange.startedMs);
    exchange.destination = stack;
    stack.top.start(exchange);
  }
}
