/**
 * IP addresses as the kernel and DNS carry them, and the one text that stands for each of them:
 * tables are keyed by it, so two spellings of one address must not differ.
 */

export type IpFamily = "ipv4" | "ipv6";

const IPV6_GROUPS = 8;
const IPV4_MAPPED = "::ffff:";

/** Four bytes as `10.0.0.1`. */
export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}.${bytes[at + 2] ?? 0}.${bytes[at + 3] ?? 0}`;
}

/** Sixteen bytes as RFC 5952 section 4 wants them: lower case, the longest run of zeros short. */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  const [zerosFrom, zerosTo] = longestZeros(bytes, at);
  let text = "";
  for (let group = 0; group < IPV6_GROUPS; group += 1) {
    if (group === zerosFrom) {
      text += "::";
      group = zerosTo - 1;
      continue;
    }
    if (text !== "" && !text.endsWith(":")) text += ":";
    text += groupAt(bytes, at, group).toString(16);
  }
  return text;
}

/** An IPv4 caller of an IPv6 socket, under its IPv4 address; anything else as it is. */
export function unmapIpv4(address: string): string {
  return address.startsWith(IPV4_MAPPED) && address.includes(".")
    ? address.slice(IPV4_MAPPED.length)
    : address;
}

/** The first of the longest runs of at least two zero groups; none is [-1, -1]. */
function longestZeros(bytes: Uint8Array, at: number): readonly [from: number, to: number] {
  let best: readonly [number, number] = [-1, -1];
  let from = 0;
  for (let group = 0; group <= IPV6_GROUPS; group += 1) {
    if (group < IPV6_GROUPS && groupAt(bytes, at, group) === 0) continue;
    if (group - from > Math.max(1, best[1] - best[0])) best = [from, group];
    from = group + 1;
  }
  return best;
}

function groupAt(bytes: Uint8Array, at: number, group: number): number {
  const offset = at + 2 * group;
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
