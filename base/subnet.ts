/**
 * Blocks of addresses as people write them (RFC 4632 for IPv4, RFC 4291 section 2.3 for IPv6):
 * `10.0.0.0/8`, `fd00::/16`, or one address. Kept in the form in which the kernel's tools print
 * them, so that what was read back can be compared with what was meant.
 */
export interface Subnet {
  readonly family: "ipv4" | "ipv6";
  /** Its first address: what is beyond the prefix is zero. IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly prefixBits: number;
}

const FAMILY_BITS = { ipv4: 32, ipv6: 128 } as const;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** Undefined when the text is no address, or its prefix is longer than one. */
export function parseSubnet(text: string): Subnet | undefined {
  const [host = "", prefix, ...rest] = text.split("/");
  const family = host.includes(":") ? "ipv6" : "ipv4";
  const value = family === "ipv4" ? parseIpv4(host) : parseIpv6(host);
  if (value === undefined || rest.length > 0) return undefined;
  const bits = FAMILY_BITS[family];
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const prefixBits = prefix === undefined ? bits : Number(prefix);
  if (prefixBits > bits) return undefined;
  const beyond = BigInt(bits - prefixBits);
  const first = (value >> beyond) << beyond;
  return {
    family,
    address: family === "ipv4" ? formatIpv4(first) : formatIpv6(first),
    prefixBits,
  };
}

/** Whether it is a single address. */
export function isHost(subnet: Subnet): boolean {
  return subnet.prefixBits === FAMILY_BITS[subnet.family];
}

export function formatSubnet(subnet: Subnet): string {
  return `${subnet.address}/${subnet.prefixBits}`;
}

function parseIpv4(text: string): bigint | undefined {
  if (!IPV4.test(text)) return undefined;
  const parts = text.split(".");
  // A leading zero means octal to some and decimal to others.
  if (parts.some((part) => Number(part) > 255 || /^0\d/.test(part))) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? joinGroups(head) : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  const zeros = new Array<bigint>(8 - head.length - tail.length).fill(0n);
  return joinGroups([...head, ...zeros, ...tail]);
}

/** Groups of 16 bits; the very last may be written as an IPv4 address, which is two. */
function parseGroups(text: string, isEnd: boolean): readonly bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const ipv4 = isEnd && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (GROUP.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function joinGroups(groups: readonly bigint[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
}

/** RFC 5952: the longest run of zeros is left out, the first of equals, and never a single one. */
function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  let [from, length] = [0, 1];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === "0") end++;
    if (end - start > length) [from, length] = [start, end - start];
  }
  if (length === 1) return groups.join(":");
  return `${groups.slice(0, from).join(":")}::${groups.slice(from + length).join(":")}`;
}
