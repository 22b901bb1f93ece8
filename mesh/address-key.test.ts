import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ADDRESS_KEY_LENGTH_MAX, addressKey, isAddressKey } from "./address-key.ts";

describe("the key of an address", () => {
  it.each([
    ["10.96.0.1", 80, "10.96.0.1:80"],
    ["255.255.255.255", 65_535, "255.255.255.255:65535"],
    ["fd00::1", 80, "[fd00::1]:80"],
    ["FD00:0:0:0:0:0:0:1", 80, "[fd00::1]:80"],
    ["fd00:0000:0001::0001", 80, "[fd00:0:1::1]:80"],
    ["2001:db8:0:0:1:0:0:1", 443, "[2001:db8::1:0:0:1]:443"],
    ["2001:db8:0:1:1:1:1:1", 443, "[2001:db8:0:1:1:1:1:1]:443"],
    ["::", 1, "[::]:1"],
    ["::1", 1, "[::1]:1"],
    ["fd00::", 1, "[fd00::]:1"],
    ["::ffff:10.0.0.9", 80, "10.0.0.9:80"],
    ["::ffff:a00:9", 80, "10.0.0.9:80"],
    ["64:ff9b::10.0.0.9", 80, "[64:ff9b::a00:9]:80"],
    ["1:2:3:4:5:6:7:8", 80, "[1:2:3:4:5:6:7:8]:80"],
  ])("of %s and %i is %s", (host, port, key) => {
    expect(addressKey(host, port)).toBe(key);
    expect(isAddressKey(key)).toBe(true);
  });

  it.each([
    ["web", 80],
    ["", 80],
    ["10.0.0", 80],
    ["10.0.0.256", 80],
    ["10.0.0.01", 80],
    ["10.0.0.1.", 80],
    ["10.0.0.1.1", 80],
    ["[::1]", 80],
    ["fe80::1%eth0", 80],
    ["1::2::3", 80],
    ["1:2:3:4:5:6:7", 80],
    ["1:2:3:4:5:6:7:8:9", 80],
    ["1:2:3:4::5:6:7:8", 80],
    ["::10.0.0.1:1", 80],
    [":1:2:3:4:5:6:7", 80],
    ["12345::", 80],
    ["10.0.0.1", 0],
    ["10.0.0.1", 65_536],
    ["10.0.0.1", 1.5],
  ])("of %s and %d does not exist", (host, port) => {
    expect(addressKey(host, port)).toBeUndefined();
  });

  it.each([
    "[FD00::1]:80",
    "[fd00:0::1]:80",
    "[::ffff:10.0.0.9]:80",
    "fd00::1:80",
    "10.0.0.1:080",
    "10.0.0.1:0",
    "10.0.0.1",
    "svc/shop/web:80",
    "",
  ])("is written in one way only, which %s is not", (text) => {
    expect(isAddressKey(text)).toBe(false);
  });

  it("names the address that the platform means too", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const key = addressKey(host, port) ?? "";
        expect(isAddressKey(key), key).toBe(true);
        expect(key.length).toBeLessThanOrEqual(ADDRESS_KEY_LENGTH_MAX);
        const platform = new URL(`http://[${host}]`).hostname;
        const shown = key.slice(0, key.lastIndexOf(":"));
        const [first = "", second = ""] = shown.startsWith("[")
          ? [shown, platform]
          : [new URL(`http://[::ffff:${shown}]`).hostname, platform];
        expect(first).toBe(second);
      }),
    );
  });
});
