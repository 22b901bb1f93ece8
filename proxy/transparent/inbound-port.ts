/**
 * One port of this workload that callers reach through the proxy: the application that listens
 * there, the service that it is as soon as the operator has told, and the callers' connections.
 *
 * Each caller brings a connection to the application with it, as it would without a proxy. So that
 * the application never sees more of them than there are callers, one is closed with each caller.
 */
import { type Address, formatAddress } from "../../base/address.ts";
import type { Fault } from "../../base/fault.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { METHOD_CONNECT } from "../../wire/http1/method.ts";
import type { ServerConnection } from "../connection/server-connection.ts";
import { type Exchange, INBOUND } from "../exchange/exchange.ts";
import type { Inbound } from "../inbound/inbound.ts";
import type { InboundApp } from "../inbound/inbound-apps.ts";
import type { Stream } from "../net/stream.ts";
import type { AddressSlot, AddressTable } from "../outbound/address-table.ts";
import type { ArrivalPort } from "./arriving-connection.ts";

/** An address that the table could not follow is asked about no more often than this. */
const ASK_AGAIN_MS = 5_000;

export class InboundPort implements ArrivalPort {
  readonly direction = INBOUND;
  readonly address: Address;
  callerCount = 0;
  readonly #name: string;
  readonly #inbound: Inbound;
  readonly #addresses: AddressTable;
  /** Callers that make requests. */
  #requesterCount = 0;
  #slot: AddressSlot | null = null;
  #askedMs = Number.NEGATIVE_INFINITY;
  #app: InboundApp;

  constructor(address: Address, inbound: Inbound, addresses: AddressTable) {
    this.address = address;
    this.#name = formatAddress(address);
    this.#inbound = inbound;
    this.#addresses = addresses;
    this.#app = inbound.apps.openUnnamed(address);
  }

  get draining(): boolean {
    return this.#inbound.draining;
  }

  get service(): ServiceKey {
    return this.#app.service;
  }

  /** The application by what is known of it now. Nothing is waited for. */
  app(nowMs: number): InboundApp {
    const service = this.#follow(nowMs)?.binding?.service ?? null;
    // A service that is not known any more keeps its name: the application is still there.
    if (service !== null && service !== this.#app.service) {
      const { apps } = this.#inbound;
      apps.close(this.#app);
      this.#app = apps.open({ service, address: this.address });
    }
    return this.#app;
  }

  protocol(nowMs: number): PortProtocol {
    return this.#follow(nowMs)?.binding?.protocol ?? "detect";
  }

  adopt(stream: Stream, nowMs: number): void {
    this.#requesterCount += 1;
    this.app(nowMs).adopt(stream);
  }

  start(exchange: Exchange): void {
    exchange.originalDestination = this.#name;
    if (exchange.head.methodCode === METHOD_CONNECT) this.#inbound.refuseConnect(exchange);
    else this.#inbound.serve(exchange, this.app(exchange.startedMs));
  }

  cancel(exchange: Exchange): void {
    this.#inbound.cancel(exchange);
  }

  refused(fault: Fault): void {
    this.#inbound.refused(fault);
  }

  closed(connection: ServerConnection): void {
    this.#inbound.closed(connection);
    this.callerCount -= 1;
    this.#requesterCount -= 1;
    this.#app.trim(this.#requesterCount);
  }

  close(): void {
    this.#inbound.apps.close(this.#app);
  }

  #follow(nowMs: number): AddressSlot | null {
    if (this.#slot !== null && !this.#slot.dropped) {
      this.#addresses.touch(this.#slot, nowMs);
    } else if (nowMs - this.#askedMs >= ASK_AGAIN_MS) {
      this.#askedMs = nowMs;
      this.#slot = this.#addresses.slot(this.address, nowMs);
    }
    return this.#slot;
  }
}
