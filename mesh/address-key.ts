/**
 * An address and port as one text, written in exactly one way, so that whoever was dialled and
 * whoever is listed can be compared: `10.96.0.1:80`, `[fd00::1]:80`. IPv6 is written as RFC 5952
 * says, and an IPv4 address inside of IPv6 (RFC 4291 section 2.5.5.2) as the IPv4 address that it
 * is.
 */

/** Made by `addressKey` alone. */
export type AddressKey = string & { readonly addressKey: unique symbol };

/** `[` and eight groups of four with colons, `]`, `:65535`. */
export const ADDRESS_KEY_LENGTH_MAX = 48;

const KEY = /^(?:\[([0-9a-f:]+)\]|([0-9.]+)):([1-9]\d{0,4})$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;
const GROUPS = 8;

/**
 * Undefined for what is no address literal, and for an address of one link only (`fe80::1%eth0`),
 * which names nothing beyond this machine. `host` is without brackets.
 */
export function addressKey(host: string, port: number): AddressKey | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  if (IPV4.test(host)) return `${host}:${port}` as AddressKey;
  const groups = parseIpv6(host);
  if (groups === undefined) return undefined;
  const inner = ipv4Inside(groups);
  return `${inner ?? `[${formatIpv6(groups)}]`}:${port}` as AddressKey;
}

export function isAddressKey(text: string): text is AddressKey {
  if (text.length > ADDRESS_KEY_LENGTH_MAX) return false;
  const found = KEY.exec(text);
  return found !== null && addressKey(found[1] ?? found[2] ?? "", Number(found[3])) === text;
}

/** The eight groups; undefined when it is none. */
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = "", tail] = halves;
  const before = parseGroups(head, tail === undefined);
  const after = tail === undefined ? [] : parseGroups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = GROUPS - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...before, ...new Array<number>(missing).fill(0), ...after];
}

/** The last two groups may be written as an IPv4 address where `isEnd`. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else if (isEnd && index === parts.length - 1 && IPV4.test(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
      groups.push(a * 256 + b, c * 256 + d);
    } else return undefined;
  }
  return groups;
}

function ipv4Inside(groups: readonly number[]): string | undefined {
  if (groups[5] !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** RFC 5952 section 4: the longest run of zeros, the first of equals, becomes `::`. */
function formatIpv6(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let at = 0; at < GROUPS; at += 1) {
    let end = at;
    while (groups[end] === 0) end += 1;
    if (end - at > length) {
      start = at;
      length = end - at;
    }
    at = Math.max(at, end);
  }
  const texts = groups.map((group) => group.toString(16));
  if (start < 0) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}
