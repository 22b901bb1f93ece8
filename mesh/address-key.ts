/**
 * An address and port as one text, written in exactly one way, so that whoever was dialled and
 * whoever is listed can be compared: `10.96.0.1:80`, `[fd00::1]:80`. IPv6 is written as RFC 5952
 * says, and an IPv4 address inside of IPv6 (RFC 4291 section 2.5.5.2) as the IPv4 address that it
 * is.
 */

import { formatIpv4, formatIpv6, isIpv4, parseIp } from "../base/ip-address.ts";

/** Made by `addressKey` alone. */
export type AddressKey = string & { readonly addressKey: unique symbol };

/** `[` and eight groups of four with colons, `]`, `:65535`. */
export const ADDRESS_KEY_LENGTH_MAX = 48;

const KEY = /^(?:\[([0-9a-f:]+)\]|([0-9.]+)):([1-9]\d{0,4})$/;

/**
 * Undefined for what is no address literal, and for an address of one link only (`fe80::1%eth0`),
 * which names nothing beyond this machine. `host` is without brackets.
 */
export function addressKey(host: string, port: number): AddressKey | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  if (isIpv4(host)) return `${host}:${port}` as AddressKey;
  const bytes = parseIp(host);
  if (bytes === undefined) return undefined;
  const text = isMapped(bytes) ? formatIpv4(bytes, MAPPED_AT) : `[${formatIpv6(bytes, 0)}]`;
  return `${text}:${port}` as AddressKey;
}

export function isAddressKey(text: string): text is AddressKey {
  if (text.length > ADDRESS_KEY_LENGTH_MAX) return false;
  const found = KEY.exec(text);
  return found !== null && addressKey(found[1] ?? found[2] ?? "", Number(found[3])) === text;
}

/** Where sixteen bytes hold an IPv4 address, it begins at the twelfth. */
const MAPPED_AT = 12;

function isMapped(bytes: Uint8Array): boolean {
  if (bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  return bytes.subarray(0, 10).every((byte) => byte === 0);
}
