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

/** A machine that does nothing else needs one window; a busy one gets more. */
const WATCH_LIMIT_MS = 60_000;

/** Watches for `forMs`. */
export async function watch(shop: Shop, forMs: number): Promise<Window> {
  const before = await shop.seen();
  await Promise.race([pause(forMs), shop.failure]);
  return between(before, await shop.seen());
}

/** Watches for `forMs` again and again, until one window tells; the last one if none does. */
export async function watchUntil(
  shop: Shop,
  forMs: number,
  tells: (window: Window) => boolean,
): Promise<Window> {
  const deadlineMs = performance.now() + WATCH_LIMIT_MS;
  for (;;) {
    const window = await watch(shop, forMs);
    if (tells(window) || performance.now() > deadlineMs) return window;
  }
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
