/** Whom a socket that was dialled has met, where that is not who was meant. */
import type { Socket } from "node:net";
import { isLoopbackHost } from "../../base/address.ts";
import { unmapIpv4 } from "../../base/ip-address.ts";

/**
 * Whether the socket has dialled one of `doors`, listeners of ours, whatever name led there. One
 * that listens on all addresses has been met when both ends are on one address; of the loopback
 * network all addresses are this machine's, and one of them stands for the caller.
 */
export function hasMet(doors: readonly string[], { remoteAddress, localAddress }: Socket): boolean {
  const met = unmapIpv4(remoteAddress ?? "");
  return doors.some((door) =>
    door === "::" || door === "0.0.0.0"
      ? remoteAddress === localAddress || isLoopbackHost(met)
      : door === met,
  );
}

/**
 * Whether the socket is connected to itself. Where nobody listens at a port of this machine, the
 * kernel may choose that very port for whoever dials it, and two that open a connection to each
 * other at the same time are joined (RFC 9293 section 3.5): once in some ten thousand dials, of
 * ports that it gives away. Nobody is there all the same.
 */
export function hasMetItself(socket: Socket, port: number): boolean {
  return socket.localPort === port && socket.localAddress === socket.remoteAddress;
}
