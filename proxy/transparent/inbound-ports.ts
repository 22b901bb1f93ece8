/**
 * The ports of this workload that callers have reached. A port is remembered only when something
 * listened there, so that who tries them all leaves nothing behind.
 */
import { type Address, formatAddress } from "../../base/address.ts";
import type { Inbound } from "../inbound/inbound.ts";
import type { AddressTable } from "../outbound/address-table.ts";
import { InboundPort } from "./inbound-port.ts";

/** Beyond these, ports without callers are forgotten. */
export const INBOUND_PORTS_MAX = 64;

export class InboundPorts {
  readonly #inbound: Inbound;
  readonly #addresses: AddressTable;
  /** In the order of use, the longest unused first. */
  readonly #ports = new Map<string, InboundPort>();

  constructor(inbound: Inbound, addresses: AddressTable) {
    this.#inbound = inbound;
    this.#addresses = addresses;
  }

  find(address: Address): InboundPort | null {
    return this.#ports.get(formatAddress(address)) ?? null;
  }

  /** The port, for one more caller, who is counted here and leaves by itself. */
  enter(address: Address): InboundPort {
    const name = formatAddress(address);
    const known = this.#ports.get(name);
    if (known === undefined && this.#ports.size >= INBOUND_PORTS_MAX) this.#makeRoom();
    else this.#ports.delete(name);
    const port = known ?? new InboundPort(address, this.#inbound, this.#addresses);
    this.#ports.set(name, port);
    port.callerCount += 1;
    return port;
  }

  #makeRoom(): void {
    for (const [name, port] of this.#ports) {
      if (port.callerCount > 0) continue;
      this.#ports.delete(name);
      port.close();
      return;
    }
  }
}
