/**
 * Where a connection was meant to go before the kernel redirected it here. Linux keeps that beside
 * the connection (netfilter's conntrack) and tells it by a socket option, in the form of a C
 * `sockaddr_in` or `sockaddr_in6`.
 */
import type { Address } from "../../base/address.ts";
import { formatIpv4, formatIpv6 } from "../../base/ip-address.ts";
import type { SocketCalls } from "./socket-calls.ts";

const LEVEL_IPV4 = 0;
const LEVEL_IPV6 = 41;
/** SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST are the same number. */
const ORIGINAL_DESTINATION = 80;

const IPV4_BYTES = 16;
const IPV6_BYTES = 28;
const PORT_AT = 2;
const IPV4_ADDRESS_AT = 4;
const IPV6_ADDRESS_AT = 8;

/** One for all connections: the kernel's answer is read before the next is asked. */
export class OriginalDestinations {
  readonly #calls: SocketCalls;
  readonly #ipv4 = new Uint8Array(IPV4_BYTES);
  readonly #ipv6 = new Uint8Array(IPV6_BYTES);

  constructor(calls: SocketCalls) {
    this.#calls = calls;
  }

  /**
   * Null when the kernel knows nothing of the connection. `isIpv6`: of the caller, for an IPv4
   * caller of an IPv6 socket is known under IPv4 alone.
   */
  read(fd: number, isIpv6: boolean): Address | null {
    const bytes = isIpv6 ? this.#ipv6 : this.#ipv4;
    const level = isIpv6 ? LEVEL_IPV6 : LEVEL_IPV4;
    const length = this.#calls.getOption(fd, level, ORIGINAL_DESTINATION, bytes);
    if (length < bytes.length) return null;
    const port = ((bytes[PORT_AT] ?? 0) << 8) | (bytes[PORT_AT + 1] ?? 0);
    const host = isIpv6 ? formatIpv6(bytes, IPV6_ADDRESS_AT) : formatIpv4(bytes, IPV4_ADDRESS_AT);
    return { host, port };
  }
}
