import { SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIpv4, formatIpv6, unmapIpv4 } from "./ip-address.ts";

/** As every spelling of it is read by somebody else: the address in eight full groups. */
function groups(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return hex.match(/.{4}/g)?.join(":") ?? "";
}

describe("addresses as text", () => {
  it.each([
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["fd000000000000000000000000000000", "fd00::"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["20010db8000100010001000100000001", "2001:db8:1:1:1:1:0:1"],
    ["20010db8000000010000000000010000", "2001:db8:0:1::1:0"],
    ["000100000000000000000000000a0bcd", "1::a:bcd"],
  ])("%s is %s", (hex, text) => {
    expect(formatIpv6(Buffer.from(hex, "hex"), 0)).toBe(text);
  });

  it("are the ones that were given", () => {
    const drawn = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const sparse = drawn.map((bytes) => bytes.map((byte) => (byte < 200 ? 0 : byte)));
    fc.assert(
      fc.property(fc.oneof(drawn, sparse), (bytes) => {
        const text = formatIpv6(Buffer.concat([Buffer.from([1, 2]), bytes]), 2);
        const full = new SocketAddress({ family: "ipv6", address: groups(bytes) });
        const again = new SocketAddress({ family: "ipv6", address: text });
        expect(again.address).toBe(full.address);
        expect(text.length).toBeLessThanOrEqual(39);
      }),
    );
  });

  it("have four numbers in IPv4", () => {
    expect(formatIpv4(new Uint8Array([9, 10, 0, 0, 255]), 1)).toBe("10.0.0.255");
  });

  it("are unmapped where an IPv4 caller came in by IPv6", () => {
    expect(unmapIpv4("::ffff:10.0.0.1")).toBe("10.0.0.1");
    expect(unmapIpv4("10.0.0.1")).toBe("10.0.0.1");
    expect(unmapIpv4("::ffff:a00:1")).toBe("::ffff:a00:1");
    expect(unmapIpv4("fd00::1")).toBe("fd00::1");
  });
});
