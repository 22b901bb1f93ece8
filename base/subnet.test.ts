import { describe, expect, it } from "vitest";
import { formatSubnet, isHost, parseSubnet } from "./subnet.ts";

describe("a subnet", () => {
  it.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["192.0.2.1", "192.0.2.1/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["172.16.255.255/12", "172.16.0.0/12"],
    ["fd00::/16", "fd00::/16"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1/128"],
    ["::", "::/128"],
    ["::/0", "::/0"],
    ["1::", "1::/128"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3/128"],
    ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4/128"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7/128"],
    ["64:ff9b::192.0.2.33/96", "64:ff9b::/96"],
    ["2001:db8:ffff::1/33", "2001:db8:8000::/33"],
  ])("%s is %s", (text, canonical) => {
    const subnet = parseSubnet(text);
    expect(subnet && formatSubnet(subnet)).toBe(canonical);
  });

  it.each([
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.08",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "web",
    "::1::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "fd00::/129",
    "g::",
    "1.2.3.4::",
    "fe80::1%eth0",
  ])("%j is none", (text) => {
    expect(parseSubnet(text)).toBeUndefined();
  });

  it("may be one address", () => {
    const isOne = (text: string) => {
      const subnet = parseSubnet(text);
      return subnet !== undefined && isHost(subnet);
    };
    expect([isOne("10.0.0.1"), isOne("10.0.0.0/31"), isOne("::1/128"), isOne("::/127")]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
