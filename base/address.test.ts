import { describe, expect, it } from "vitest";
import { formatAddress, isLoopbackHost, parseAddress } from "./address.ts";

describe("parseAddress", () => {
  it.each(["127.0.0.1:4140", "[::1]:80", "localhost:0", "web.shop:65535", "[fe80::1%eth0]:1"])(
    "takes %s and writes it back",
    (text) => {
      const address = parseAddress(text);
      expect(address && formatAddress(address)).toBe(text);
    },
  );

  it.each(["", "80", ":80", "web", "web:", "web:65536", "::1:80", "[::1]", "a b:1", "web:1x"])(
    "refuses %j",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe("isLoopbackHost", () => {
  it("knows the machine's own addresses and trusts no other name", () => {
    const own = ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"];
    expect(own.map(isLoopbackHost)).toEqual(own.map(() => true));
    const others = [
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "127.0.0.1.example.org",
      "localhost.evil",
      "128.0.0.1",
    ];
    expect(others.map(isLoopbackHost)).toEqual(others.map(() => false));
  });
});
