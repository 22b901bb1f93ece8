/**
 * Blocks of addresses as people write them (RFC 4632 for IPv4, RFC 4291 section 2.3 for IPv6):
 * `10.0.0.0/8`, `fd00::/16`, or one address. Kept in the form in which the kernel's tools print
 * them, so that what was read back can be compared with what was meant.
 */
import { formatIpv4, formatIpv6, type IpFamily, parseIp } from "./ip-address.ts";

export interface Subnet {
  readonly family: IpFamily;
  /** Its first address: what is beyond the prefix is zero. IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly prefixBits: number;
}

const FAMILY_BITS = { ipv4: 32, ipv6: 128 } as const;

/** Undefined when the text is no address, or its prefix is longer than one. */
export function parseSubnet(text: string): Subnet | undefined {
  const [host = "", prefix, ...rest] = text.split("/");
  const bytes = parseIp(host);
  if (bytes === undefined || rest.length > 0) return undefined;
  const family = bytes.length === 4 ? "ipv4" : "ipv6";
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const prefixBits = prefix === undefined ? FAMILY_BITS[family] : Number(prefix);
  if (prefixBits > FAMILY_BITS[family]) return undefined;
  const first = bytes.map((byte, index) => byte & maskOf(prefixBits - 8 * index));
  const address = family === "ipv4" ? formatIpv4(first, 0) : formatIpv6(first, 0);
  return { family, address, prefixBits };
}

/** Of one byte, so many bits of which belong to the prefix. */
function maskOf(bits: number): number {
  return bits >= 8 ? 255 : bits <= 0 ? 0 : 255 ^ (255 >> bits);
}

/** Whether it is a single address. */
export function isHost(subnet: Subnet): boolean {
  return subnet.prefixBits === FAMILY_BITS[subnet.family];
}

export function formatSubnet(subnet: Subnet): string {
  return `${subnet.address}/${subnet.prefixBits}`;
}
