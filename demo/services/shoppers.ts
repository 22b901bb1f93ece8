/**
 * The load: shoppers that look at pages at a steady rate and buy something now and then, through a
 * proxy of their own. What they saw is told at `GET /seen`, as sums since the start.
 */
import { call, serve } from "./service.ts";

const PAGES_PER_SECOND = 50;
/** One page in so many is followed by a checkout. */
const PAGES_PER_CHECKOUT = 5;
/** A shop that hangs must not collect shoppers without end. */
const UNDERWAY_MAX = 200;

const seen = {
  pages: 0,
  pageFailures: 0,
  checkouts: 0,
  checkoutFailures: 0,
  skipped: 0,
  /** Pages by the version of the reviews on them; `none` where they failed. */
  reviews: {} as Record<string, number>,
};
let underway = 0;
let started = 0;

async function lookAround(): Promise<void> {
  const page = await call("web", "/page.json").catch(() => undefined);
  seen.pages += 1;
  if (page?.status !== 200) {
    seen.pageFailures += 1;
    return;
  }
  const version = String(page.headers["x-reviews-version"] ?? "unknown");
  seen.reviews[version] = (seen.reviews[version] ?? 0) + 1;
}

async function buy(): Promise<void> {
  const answer = await call("web", "/checkout", "POST").catch(() => undefined);
  seen.checkouts += 1;
  if (answer?.status !== 200) seen.checkoutFailures += 1;
}

function track(work: Promise<void>): void {
  underway += 1;
  void work.finally(() => {
    underway -= 1;
  });
}

setInterval(() => {
  if (underway >= UNDERWAY_MAX) {
    seen.skipped += 1;
    return;
  }
  started += 1;
  track(lookAround());
  if (started % PAGES_PER_CHECKOUT === 0) track(buy());
}, 1000 / PAGES_PER_SECOND);

serve(() => ({ body: seen }));
