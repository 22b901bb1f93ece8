/**
 * Listening at all addresses of a machine. `[::]` is those of both families. A kernel without IPv6
 * refuses it, and has those of IPv4 all the same: whoever named it wanted to be reached, not IPv6.
 */
import type { Address } from "./address.ts";
import type { Log } from "./log.ts";

/** Of a server what it takes to make it listen: those of the network and of HTTP have it. */
interface ListeningServer {
  once(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  listen(at: Address, listener: () => void): unknown;
  address(): { readonly address: string; readonly port: number } | string | null;
}

const ANY_IPV4 = "0.0.0.0";
const ANY_IPV6 = "::";

/** Calls `listen` with the address, and where that is all and there is no IPv6, once more. */
export async function listenAnywhere<T>(
  address: Address,
  log: Log,
  listen: (address: Address) => Promise<T>,
): Promise<T> {
  try {
    return await listen(address);
  } catch (error) {
    if (address.host !== ANY_IPV6 || !isIpv6Missing(error)) throw error;
    logIpv6Missing(log, address.port);
    return await listen({ ...address, host: ANY_IPV4 });
  }
}

/** Resolves to where it listens, with the port that was chosen; rejects with the system's error. */
export function listenAt(server: ListeningServer, { host, port }: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      const bound = server.address();
      const isPlace = typeof bound === "object" && bound !== null;
      resolve(isPlace ? { host: bound.address, port: bound.port } : { host, port });
    });
  });
}

/** Whether listening failed because this machine has no IPv6. */
export function isIpv6Missing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL";
}

export function logIpv6Missing(log: Log, port: number): void {
  log.info("this machine has no IPv6: listening on IPv4 alone", { port });
}
