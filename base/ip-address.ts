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

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;

/** A leading zero, which means octal to some and decimal to others, makes it none. */
export function isIpv4(text: string): boolean {
  return IPV4.test(text);
}

/** Four bytes or sixteen, without brackets; undefined for what is no literal, and for a zone. */
export function parseIp(text: string): Uint8Array | undefined {
  if (isIpv4(text)) return Uint8Array.from(text.split("."), Number);
  const [head = "", tail, ...more] = text.split("::");
  const before = parseGroups(head, tail === undefined);
  const after = tail === undefined ? [] : parseGroups(tail, true);
  if (before === undefined || after === undefined || more.length > 0) return undefined;
  const missing = IPV6_GROUPS - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

/** The last two groups may be written as an IPv4 address where `isEnd`. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else if (isEnd && index === parts.length - 1 && isIpv4(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
      groups.push(a * 256 + b, c * 256 + d);
    } else return undefined;
  }
  return groups;
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
