/** What stands at which address, for people who ask. */
import { type AddressKey, isAddressKey } from "../../mesh/address-key.ts";
import type { AddressEntry, AddressesAnswer } from "../../mesh/operator-api.ts";
import { parseServiceKey } from "../../mesh/service-key.ts";
import type { AddressIndex } from "../index/address-index.ts";

/** A person reads less, and a program asks by namespace. */
export const ADDRESSES_SHOWN_MAX = 10_000;

/** Those of one namespace, or of all when it is null; only `wanted` unless that is empty. */
export function describeAddresses(
  index: AddressIndex,
  namespace: string | null,
  wanted: readonly string[],
): AddressesAnswer {
  const keys = wanted.length === 0 ? index.keys() : wanted.filter(isAddressKey);
  const entries: AddressEntry[] = [];
  for (const key of keys) {
    const entry = describeAddress(index, key);
    if (entry === undefined) continue;
    if (namespace !== null && parseServiceKey(entry.service)?.namespace !== namespace) continue;
    entries.push(entry);
  }
  entries.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  return { addresses: entries.slice(0, ADDRESSES_SHOWN_MAX), total: entries.length };
}

function describeAddress(index: AddressIndex, address: AddressKey): AddressEntry | undefined {
  const binding = index.binding(address, "");
  if (binding === undefined) return undefined;
  const { kind, service, protocol, endpoint } = binding;
  const place = { zone: endpoint?.zone ?? "", node: endpoint?.node ?? "" };
  return { address, kind, service, protocol, state: endpoint?.state ?? null, ...place };
}

/** The service itself before its endpoints. */
function sortKey({ service, kind, address }: AddressEntry): string {
  return `${service}\0${kind === "service" ? 0 : 1}${address}`;
}
