/** Reads the address of an operator as it is given to `--operator`. */
import { formatAddress, isLoopbackHost, parseAddress } from "../../base/address.ts";
import { formatUnixAddress, parseUnixAddress } from "../../base/unix-address.ts";

/**
 * `wss://host:port`, `ws://host:port` or `unix:/path` in its plain form, or what is wrong with the
 * text. Without TLS nothing proves who answers, so that only this machine may be asked.
 */
export function parseControlAddress(
  text: string,
): { readonly address: string } | { readonly problem: string } {
  const socket = parseUnixAddress(text);
  if (typeof socket === "string") return { problem: socket };
  if (socket !== undefined) return { address: formatUnixAddress(socket) };
  const found = /^(wss?):\/\/([^/?#@]+)\/?$/.exec(text);
  const [, scheme = "", place = ""] = found ?? [];
  const address = parseAddress(place);
  if (address === undefined || address.port === 0) {
    return { problem: "an operator is named as wss://host:port, ws://host:port or unix:/path" };
  }
  if (scheme === "ws" && !isLoopbackHost(address.host)) {
    return {
      problem: "without TLS the operator must be on this machine, as 127.0.0.1 is: use wss://",
    };
  }
  return { address: `${scheme}://${formatAddress(address)}` };
}

/** Whether it is spoken to by TLS, and so needs a certificate to know it by. */
export function isTlsAddress(address: string): boolean {
  return address.startsWith("wss://");
}

/** The URL of `path` there, as the WebSocket library takes it. */
export function controlUrl(address: string, path: string): string {
  const socket = parseUnixAddress(address);
  return typeof socket === "object" ? `ws+unix:${socket.path}:${path}` : `${address}${path}`;
}
