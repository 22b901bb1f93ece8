/** Reads the address of an operator as it is given to `--operator`. */
import { formatAddress, isLoopbackHost, parseAddress } from "../../base/address.ts";
import { formatUnixAddress, parseUnixAddress } from "../../base/unix-address.ts";

/**
 * `ws://host:port` or `unix:/path` in its plain form, or what is wrong with the text. Without TLS
 * nothing proves who answers, so that only this machine may be asked.
 */
export function parseControlAddress(
  text: string,
): { readonly address: string } | { readonly problem: string } {
  const socket = parseUnixAddress(text);
  if (typeof socket === "string") return { problem: socket };
  if (socket !== undefined) return { address: formatUnixAddress(socket) };
  const found = /^ws:\/\/([^/?#@]+)\/?$/.exec(text);
  const address = found?.[1] === undefined ? undefined : parseAddress(found[1]);
  if (address === undefined || address.port === 0) {
    return { problem: "an operator is named as ws://host:port or unix:/path" };
  }
  if (!isLoopbackHost(address.host)) {
    return { problem: "without TLS the operator must be on this machine, as 127.0.0.1 is" };
  }
  return { address: `ws://${formatAddress(address)}` };
}

/** The URL of `path` there, as the WebSocket library takes it. */
export function controlUrl(address: string, path: string): string {
  const socket = parseUnixAddress(address);
  return typeof socket === "object" ? `ws+unix:${socket.path}:${path}` : `${address}${path}`;
}
