/**
 * Where an operator serves proxies: on this machine, which is a loopback address, or a socket in
 * the file system, which proxies in other network namespaces reach as well; or for all, by TLS.
 */
import { type Address, formatAddress, isLoopbackHost, parseAddress } from "../../base/address.ts";
import { formatUnixAddress, parseUnixAddress, type UnixAddress } from "../../base/unix-address.ts";

export type ControlPlace = Address | UnixAddress;

/** A text says what is wrong. */
export function parseControlPlace(text: string): ControlPlace | string {
  const socket = parseUnixAddress(text);
  if (socket !== undefined) return socket;
  const address = parseAddress(text);
  if (address === undefined) {
    return "it is neither HOST:PORT, such as 127.0.0.1:4190, nor unix:PATH";
  }
  return address;
}

/** Whether only this machine can reach it. */
export function isLocalPlace(place: ControlPlace): boolean {
  return "path" in place || isLoopbackHost(place.host);
}

export function formatControlPlace(place: ControlPlace): string {
  return "path" in place ? formatUnixAddress(place) : formatAddress(place);
}
