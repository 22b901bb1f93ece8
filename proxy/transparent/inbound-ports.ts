/**
 * The ports of this workload that callers have reached. A port is remembered only when something
 * listened there, so that who tries them all leaves nothing behind.
 */
import { type Address, formatAddress } from "../../base/address.ts";

/** Beyond these, ports without callers are forgotten. */
export const INBOUND_PORTS_MAX = 64;

/** What people are shown of a port. */
export interface Arrivals {
  readonly address: string;
  /** As what it counts. */
  readonly service: string;
  /** Connections that are open to it. */
  readonly callers: number;
}

/** What the table needs of a port. */
export interface CountedPort {
  callerCount: number;
  readonly service: string;
  /** No caller is left, and it makes room for another. */
  close(): void;
}

export class InboundPorts<P extends CountedPort> {
  readonly #open: (address: Address) => P;
  /** In the order of use, the longest unused first. */
  readonly #ports = new Map<string, P>();

  constructor(open: (address: Address) => P) {
    this.#open = open;
  }

  find(address: Address): P | null {
    return this.#ports.get(formatAddress(address)) ?? null;
  }

  /** The port, for one more caller, who is counted here and leaves by itself. */
  enter(address: Address): P {
    const name = formatAddress(address);
    const known = this.#ports.get(name);
    if (known === undefined && this.#ports.size >= INBOUND_PORTS_MAX) this.#makeRoom();
    else this.#ports.delete(name);
    const port = known ?? this.#open(address);
    this.#ports.set(name, port);
    port.callerCount += 1;
    return port;
  }

  describe(): readonly Arrivals[] {
    return [...this.#ports].map(([address, { service, callerCount }]) => {
      return { address, service, callers: callerCount };
    });
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
