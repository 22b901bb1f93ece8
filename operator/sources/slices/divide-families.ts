/**
 * Endpoints of a service with addresses of two families. Each target is taken once, at its address
 * of the family that the service names first: counted twice it would get two shares, and would be
 * left out, or found dead, by halves. Where it has only the other one, that is taken. The addresses
 * that are left are still its own, and whoever dials one is to find it there.
 */
import type { Endpoint } from "../../../mesh/endpoint-set.ts";
import type { IpFamily, ServiceIntent } from "../../../mesh/intent.ts";

export interface DividedEndpoints {
  readonly endpoints: readonly Endpoint[];
  readonly alsoAt: readonly Endpoint[];
}

/** Both lists keep the order that `all` has. */
export function divideFamilies(all: readonly Endpoint[], service: ServiceIntent): DividedEndpoints {
  const main = mainFamily(service);
  const isMain = ({ address }: Endpoint): boolean => familyOf(address) === main;
  const mainCount = all.filter(isMain).length;
  if (mainCount === all.length || mainCount === 0) return { endpoints: all, alsoAt: [] };
  const targets = new Set(all.filter(isMain).map(({ id }) => targetOf(id)));
  // Without a target nobody can tell whether it is the same one.
  targets.delete("");
  const isOther = (endpoint: Endpoint): boolean =>
    !isMain(endpoint) && targets.has(targetOf(endpoint.id));
  return { endpoints: all.filter((one) => !isOther(one)), alsoAt: all.filter(isOther) };
}

function mainFamily({ ipFamilies, clusterIps }: ServiceIntent): IpFamily {
  const [address] = clusterIps;
  return ipFamilies[0] ?? (address === undefined ? "IPv4" : familyOf(address));
}

function familyOf(address: string): IpFamily {
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** What follows the place in an endpoint's id; empty where there is nothing. */
function targetOf(id: string): string {
  const slash = id.indexOf("/");
  return slash < 0 ? "" : id.slice(slash + 1);
}
