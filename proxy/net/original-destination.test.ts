import { describe, expect, it } from "vitest";
import { OriginalDestinations } from "./original-destination.ts";
import type { SocketCalls } from "./socket-calls.ts";

/** A kernel that knows one connection at one level. */
class SampleKernel implements SocketCalls {
  readonly #level: number;
  readonly #bytes: Buffer;

  constructor(level: number, hex: string) {
    this.#level = level;
    this.#bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  }

  getOption(fd: number, level: number, option: number, value: Uint8Array): number {
    if (fd !== 7 || level !== this.#level || option !== 80) return -1;
    value.set(this.#bytes.subarray(0, value.length));
    return this.#bytes.length;
  }
}

describe("the original destination", () => {
  it("of an IPv4 connection", () => {
    const kernel = new SampleKernel(0, "0200 1f90 0a600001 0000000000000000");
    const destinations = new OriginalDestinations(kernel);
    expect(destinations.read(7, false)).toEqual({ host: "10.96.0.1", port: 8_080 });
    expect(destinations.read(7, true)).toBeNull();
    expect(destinations.read(8, false)).toBeNull();
  });

  it("of an IPv6 connection", () => {
    const address = "fd000000000000000000000000000001";
    const kernel = new SampleKernel(41, `0a00 0050 00000000 ${address} 00000000`);
    const destinations = new OriginalDestinations(kernel);
    expect(destinations.read(7, true)).toEqual({ host: "fd00::1", port: 80 });
    expect(destinations.read(7, false)).toBeNull();
  });

  it("is not made up from half an answer", () => {
    const destinations = new OriginalDestinations(new SampleKernel(0, "0200 1f90"));
    expect(destinations.read(7, false)).toBeNull();
  });
});
