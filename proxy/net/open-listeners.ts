/**
 * Listening where a person named a place that is more than one address. `localhost` is both
 * loopback addresses: connections that the kernel redirects arrive at the one of their family.
 * `[::]` is all addresses of both. A machine without IPv6 has the others all the same.
 */
import type { Address } from "../../base/address.ts";
import { isIpv6Missing, listenAnywhere, logIpv6Missing } from "../../base/listen-anywhere.ts";
import type { Log } from "../../base/log.ts";
import type { Listener, ListenOptions, Network } from "./stream.ts";

const LOOPBACK_IPV4 = "127.0.0.1";
const LOOPBACK_IPV6 = "::1";

/** A port that is free for one family may be taken for the other: then another is looked for. */
const FREE_PORT_TRIES_MAX = 5;

/** The first is the one to tell people of. Rejects when an address cannot be had. */
export async function openListeners(
  network: Network,
  options: ListenOptions,
  log: Log,
): Promise<readonly Listener[]> {
  const { host, fd } = options;
  // Whoever bound it has chosen.
  if (fd !== undefined) return [await network.listen(options)];
  if (host === "localhost") return openLoopback(network, options, log);
  const listen = (address: Address) => network.listen({ ...options, ...address });
  return [await listenAnywhere({ host, port: options.port }, log, listen)];
}

async function openLoopback(
  network: Network,
  options: ListenOptions,
  log: Log,
): Promise<readonly Listener[]> {
  for (let tries = 1; ; tries += 1) {
    const ipv4 = await network.listen({ ...options, host: LOOPBACK_IPV4 });
    try {
      const sameDoor = { ...options, host: LOOPBACK_IPV6, port: ipv4.port };
      const ipv6 = await listenIfIpv6(network, sameDoor, log);
      return ipv6 === null ? [ipv4] : [ipv4, ipv6];
    } catch (error) {
      ipv4.close();
      const isTaken = codeOf(error) === "EADDRINUSE";
      if (!isTaken || options.port !== 0 || tries === FREE_PORT_TRIES_MAX) throw error;
    }
  }
}

/** Null where this machine has no IPv6. */
async function listenIfIpv6(
  network: Network,
  options: ListenOptions,
  log: Log,
): Promise<Listener | null> {
  try {
    return await network.listen(options);
  } catch (error) {
    if (!isIpv6Missing(error)) throw error;
    logIpv6Missing(log, options.port);
    return null;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
