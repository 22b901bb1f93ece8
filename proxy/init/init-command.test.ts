import { describe, expect, it } from "vitest";
import { parseCommand } from "../../base/flags.ts";
import { UsageError } from "../../base/program.ts";
import { initCommand, readRedirectSettings } from "./init-command.ts";

function read(args: readonly string[], hasIpv6 = true) {
  return readRedirectSettings(parseCommand(initCommand, args).flags, hasIpv6);
}

describe("the settings of heddle init", () => {
  it("have defaults", () => {
    expect(read([])).toEqual({
      inboundPort: 4143,
      outboundPort: 4140,
      adminPort: 4191,
      skippedInbound: [{ first: 4567, last: 4568 }],
      skippedOutbound: [{ first: 4567, last: 4568 }],
      skippedSubnets: [],
      uids: [2102],
      families: ["ipv4", "ipv6"],
    });
  });

  it("take lists", () => {
    const args = ["--uid", "2102, 0,2102", "--skip-subnets", "10.1.2.3/8,fd00::1"];
    expect(read(args)).toMatchObject({
      uids: [2102, 0],
      skippedSubnets: [
        { family: "ipv4", address: "10.0.0.0", prefixBits: 8 },
        { family: "ipv6", address: "fd00::1", prefixBits: 128 },
      ],
    });
    expect(read(["--skip-outbound-ports", ""]).skippedOutbound).toEqual([]);
  });

  it("redirect IPv6 where there is any", () => {
    expect(read([], false).families).toEqual(["ipv4"]);
    expect(read(["--ipv6", "off"], true).families).toEqual(["ipv4"]);
    expect(read(["--ipv6", "on"], false).families).toEqual(["ipv4", "ipv6"]);
  });

  it.each([
    [["--inbound-port", "4140"], "--inbound-port and --outbound-port are the same port"],
    [["--admin-port", "4143"], "--inbound-port and --admin-port are the same port"],
    [["--uid", ""], "--uid: a proxy must be let out"],
    [["--uid", "proxy"], '--uid: "proxy" is no number of a user'],
    [["--uid", "4294967295"], "is no number of a user"],
    [["--uid", Array.from({ length: 17 }, (_, index) => index).join()], "more than 16 users"],
    [["--skip-inbound-ports", "http"], '--skip-inbound-ports: "http" is not a port'],
    [["--skip-outbound-ports", "70000"], '--skip-outbound-ports: "70000": ports are 1 to 65535'],
    [["--skip-subnets", "web"], '--skip-subnets: "web" is no subnet'],
    [["--skip-subnets", "::/0"], "--skip-subnets: ::/0 is every address"],
    [["--skip-subnets", new Array(65).fill("10.0.0.1").join()], "more than 64 subnets"],
  ])("refuse %j", (args, problem) => {
    expect(() => read(args)).toThrow(UsageError);
    expect(() => read(args)).toThrow(problem);
  });
});
