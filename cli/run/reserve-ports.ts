/**
 * Finds out before anything is started whether the addresses can be listened on, because a person
 * wants to hear which flag to change, not a stack from a child. Port 0 becomes a real port here, so
 * that a program that is started again keeps its address.
 */
import { createServer, type Server } from "node:net";
import { type Address, formatAddress } from "../../base/address.ts";
import { ProgramError } from "../../base/program.ts";

/** An address to listen on, and the flag that named it. */
export interface WantedAddress {
  readonly flag: string;
  readonly address: Address;
}

/** Takes an address for a moment; `release` gives it back. */
export type Listen = (
  address: Address,
) => Promise<{ readonly port: number; release(): Promise<void> }>;

/**
 * The same addresses with real ports, in the same order. All are held at once, so that no two get
 * the same port, and given back before this resolves; another program can still take one in
 * between, and then the child that wanted it says so itself.
 */
export async function reservePorts(
  wanted: readonly WantedAddress[],
  listen: Listen,
): Promise<readonly Address[]> {
  const held: { readonly port: number; release(): Promise<void> }[] = [];
  const addresses: Address[] = [];
  try {
    for (const one of wanted) {
      const twin = wanted.slice(0, addresses.length).find((other, index) => {
        const taken = addresses[index];
        return other.address.host === one.address.host && taken?.port === one.address.port;
      });
      if (twin !== undefined) {
        throw new ProgramError(
          `${one.flag} and ${twin.flag} both name ${formatAddress(one.address)}`,
        );
      }
      const taken = await listen(one.address).catch((error: unknown) => {
        throw explain(one, error);
      });
      held.push(taken);
      addresses.push({ host: one.address.host, port: taken.port });
    }
  } finally {
    await Promise.all(held.map((one) => one.release()));
  }
  return addresses;
}

function explain(wanted: WantedAddress, error: unknown): ProgramError {
  const where = formatAddress(wanted.address);
  const { flag } = wanted;
  switch (error instanceof Error && "code" in error ? error.code : "") {
    case "EADDRINUSE":
      return new ProgramError(
        `${where} is in use by another program; choose another address with ${flag} ` +
          "(port 0 takes any that is free)",
      );
    case "EACCES":
      return new ProgramError(
        `${where} may not be used by this user; choose a port above 1023 with ${flag}`,
      );
    case "EADDRNOTAVAIL":
      return new ProgramError(
        `${where} is not an address of this machine; choose another with ${flag}`,
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new ProgramError(`the name in ${flag} ${where} is not known to DNS`);
    default:
      return new ProgramError(
        `cannot listen on ${where} (${flag}): ${error instanceof Error ? error.message : error}`,
      );
  }
}

/** The real thing. */
export const listenOnce: Listen = (address) =>
  new Promise((resolve, reject) => {
    const server: Server = createServer();
    server.once("error", reject);
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      const bound = server.address();
      const port = bound !== null && typeof bound === "object" ? bound.port : address.port;
      resolve({
        port,
        release: () => new Promise((done) => server.close(() => done())),
      });
    });
  });
