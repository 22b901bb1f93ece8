/** Looks at what shoppers see over a while. */
import type { Seen, Shop } from "./shop.ts";

/** What happened between two looks. */
export interface Window {
  readonly pages: number;
  readonly pageFailures: number;
  readonly checkouts: number;
  readonly checkoutFailures: number;
  /** Share of pages by version of the reviews, from 0 to 1. */
  readonly shares: Readonly<Record<string, number>>;
}

export function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}

/** Watches for `forMs`. */
export async function watch(shop: Shop, forMs: number): Promise<Window> {
  const before = await shop.seen();
  await Promise.race([pause(forMs), shop.failure]);
  return between(before, await shop.seen());
}

export function between(before: Seen, after: Seen): Window {
  const versions: Record<string, number> = {};
  let counted = 0;
  for (const [version, pages] of Object.entries(after.reviews)) {
    versions[version] = pages - (before.reviews[version] ?? 0);
    counted += versions[version];
  }
  const shares: Record<string, number> = {};
  for (const [version, pages] of Object.entries(versions)) {
    if (pages > 0) shares[version] = pages / counted;
  }
  return {
    pages: after.pages - before.pages,
    pageFailures: after.pageFailures - before.pageFailures,
    checkouts: after.checkouts - before.checkouts,
    checkoutFailures: after.checkoutFailures - before.checkoutFailures,
    shares,
  };
}

/** `v1 90.1%, v2 9.9%`. */
export function formatShares({ shares }: Window): string {
  const parts = Object.entries(shares)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([version, share]) => `${version} ${(share * 100).toFixed(1)}%`);
  return parts.length === 0 ? "nothing" : parts.join(", ");
}
