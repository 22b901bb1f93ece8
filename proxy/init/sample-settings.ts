/** Redirect settings for tests, with something in every list. */
import { parseSubnet, type Subnet } from "../../base/subnet.ts";
import type { RedirectSettings } from "./redirect-plan.ts";

export const SAMPLE_SETTINGS: RedirectSettings = {
  inboundPort: 4143,
  outboundPort: 4140,
  adminPort: 4191,
  skippedInbound: [{ first: 4567, last: 4568 }],
  skippedOutbound: [
    { first: 3306, last: 3306 },
    { first: 9000, last: 9010 },
  ],
  skippedSubnets: ["10.1.0.0/16", "192.168.1.1", "fd00::/16"].map(subnet),
  uids: [2102, 0],
  families: ["ipv4", "ipv6"],
};

function subnet(text: string): Subnet {
  const parsed = parseSubnet(text);
  if (parsed === undefined) throw new Error(`${text} is no subnet`);
  return parsed;
}
