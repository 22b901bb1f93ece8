/**
 * The load: shoppers that look at pages at a steady rate and buy something now and then, through a
 * proxy of their own. What they saw is told at `GET /seen`, as sums since the start.
 */
import { type CallAnswer, call, serve } from "./service.ts";

const PAGES_PER_SECOND = Number(process.env.PAGES_PER_SECOND ?? 50);
/** One page in so many is followed by a checkout. */
const PAGES_PER_CHECKOUT = 5;
/** A shop that hangs must not collect shoppers without end. */
const UNDERWAY_MAX = 200;

/** As many of the last failures are remembered, in words. */
const FAILURES_KEPT = 10;

const seen = {
  pages: 0,
  pageFailures: 0,
  checkouts: 0,
  checkoutFailures: 0,
  skipped: 0,
  /** Pages by the version of the reviews on them; `none` where they failed. */
  reviews: {} as Record<string, number>,
  lastFailures: [] as string[],
};
let underway = 0;
let started = 0;

async function lookAround(): Promise<void> {
  const page = await call("web", "/page.json").catch(wordsOf);
  seen.pages += 1;
  if (typeof page === "string" || page.status !== 200) {
    seen.pageFailures += 1;
    remember("page", page);
    return;
  }
  const version = String(page.headers["x-reviews-version"] ?? "unknown");
  seen.reviews[version] = (seen.reviews[version] ?? 0) + 1;
}

async function buy(): Promise<void> {
  const answer = await call("web", "/checkout", "POST").catch(wordsOf);
  seen.checkouts += 1;
  if (typeof answer !== "string" && answer.status === 200) return;
  seen.checkoutFailures += 1;
  remember("checkout", answer);
}

function wordsOf(error: unknown): string {
  return String(error);
}

function remember(what: string, answer: CallAnswer | string): void {
  const told = typeof answer === "string" ? answer : wordsOfAnswer(answer);
  seen.lastFailures.push(`${new Date().toISOString()} ${what}: ${told}`);
  if (seen.lastFailures.length > FAILURES_KEPT) seen.lastFailures.shift();
}

function wordsOfAnswer({ status, headers, body }: CallAnswer): string {
  return `${status} ${String(headers["heddle-error"] ?? "")} ${JSON.stringify(body)}`;
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
