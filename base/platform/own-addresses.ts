/** By which families of IP this machine, or this network namespace, talks to others. */
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import type { IpFamily } from "../ip-address.ts";

/** Those of which it has an address that reaches further than its own link. */
export function readOwnFamilies(): readonly IpFamily[] {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const has = (family: NetworkInterfaceInfo["family"]): boolean =>
    addresses.some((one) => one.family === family && !one.internal && !isLinkLocal(one.address));
  return [...(has("IPv4") ? ["ipv4" as const] : []), ...(has("IPv6") ? ["ipv6" as const] : [])];
}

/** RFC 4291 section 2.5.6: fe80::/10. RFC 3927: 169.254.0.0/16. */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address) || address.startsWith("169.254.");
}
