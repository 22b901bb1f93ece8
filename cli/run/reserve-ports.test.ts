import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { ownAddress } from "../../test/harness/own-address.ts";
import { type Listen, listenOnce, reservePorts } from "./reserve-ports.ts";

const local = (port: number) => ({ host: "127.0.0.1", port });

function failing(code: string): Listen {
  return () => Promise.reject(Object.assign(new Error("listen failed"), { code }));
}

describe("reservePorts", () => {
  it("turns port 0 into different real ports that are free again", async () => {
    // Where nobody else takes them meanwhile.
    const address = { host: ownAddress(), port: 0 };
    const wanted = ["--outbound", "--admin", "--control"].map((flag) => ({ flag, address }));
    const real = await reservePorts(wanted, listenOnce);
    const ports = real.map((address) => address.port);
    expect(new Set(ports).size).toBe(3);
    expect(ports.every((port) => port > 0)).toBe(true);
    // Could not be taken again if they were still held.
    expect(
      await reservePorts(
        real.map((address) => ({ flag: "-", address })),
        listenOnce,
      ),
    ).toEqual(real);
  });

  it("names the flag of an address that is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = server.address();
    const port = bound !== null && typeof bound === "object" ? bound.port : 0;
    const wanted = [{ flag: "--outbound", address: local(port) }];
    await expect(reservePorts(wanted, listenOnce)).rejects.toThrow(
      `127.0.0.1:${port} is in use by another program; choose another address with --outbound`,
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it("refuses one address under two flags", async () => {
    const wanted = [
      { flag: "--outbound", address: local(4140) },
      { flag: "--admin", address: local(4140) },
    ];
    const listen: Listen = ({ port }) =>
      Promise.resolve({ port, release: () => Promise.resolve() });
    await expect(reservePorts(wanted, listen)).rejects.toThrow(
      "--admin and --outbound both name 127.0.0.1:4140",
    );
  });

  it.each([
    ["EACCES", "choose a port above 1023 with --admin"],
    ["EADDRNOTAVAIL", "not an address of this machine; choose another with --admin"],
    ["ENOTFOUND", "the name in --admin 127.0.0.1:80 is not known to DNS"],
    ["EMFILE", "cannot listen on 127.0.0.1:80 (--admin): listen failed"],
  ])("explains %s", async (code, message) => {
    const wanted = [{ flag: "--admin", address: local(80) }];
    await expect(reservePorts(wanted, failing(code))).rejects.toThrow(message);
  });
});
