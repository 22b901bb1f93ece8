/**
 * The tour that the demo takes by itself: each step changes something, measures what came of it,
 * and is over when it saw what it should.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatShares, pause, type Window, watchUntil } from "./measure.ts";
import type { Shop } from "./shop.ts";

const WATCH_MS = 6_000;
/** Shares over some 300 pages must be this near to the weights. */
const SHARE_TOLERANCE = 0.03;
/** Proxies tell the operator about their traffic every few seconds; a busy machine takes longer. */
const STAT_LIMIT_MS = 60_000;

export interface Step {
  readonly title: string;
  /** Says what it measured; throws when it did not see what it should. */
  run(shop: Shop, say: (text: string) => void): Promise<void>;
}

export const STEPS: readonly Step[] = [
  {
    title: "the split as it stands: 90 to v1, 10 to v2",
    run: async (shop, say) => {
      await show(shop, say, "get", "splits");
      await expectShares(shop, say, { v1: 0.9, v2: 0.1 });
    },
  },
  {
    title: "one payment process refuses connections every other while; nobody notices",
    run: expectRetries,
  },
  {
    title: "shift the split to 50/50 by editing its file",
    run: (shop, say) => shiftSplit(shop, say, 50, 50),
  },
  {
    title: "shift it to 0/100",
    run: (shop, say) => shiftSplit(shop, say, 0, 100),
  },
  {
    title: "break the new version, and see it",
    run: breakVersion,
  },
  {
    title: "save a file with a spelling mistake: it is reported, and the last good one stays",
    run: misspell,
  },
  {
    title: "ask why a request goes where it goes",
    run: explain,
  },
];

async function shiftSplit(
  shop: Shop,
  say: (text: string) => void,
  v1: number,
  v2: number,
): Promise<void> {
  const generation = (await splitGeneration(shop)) + 1;
  const path = splitPath(shop);
  const text = readFileSync(path, "utf8")
    .replace(/(reviews-v1\n\s+weight: )\d+/, `$1${v1}`)
    .replace(/(reviews-v2\n\s+weight: )\d+/, `$1${v2}`);
  const startMs = performance.now();
  save(path, text);
  say(`saved split-reviews.yaml with weights ${v1} and ${v2}`);
  const line = ["wait", "split/reviews", "-n", "shop", "--generation", String(generation)];
  await show(shop, say, ...line);
  say(`live ${Math.round(performance.now() - startMs)} ms after saving, waiting included`);
  await expectShares(shop, say, { v1: v1 / (v1 + v2), v2: v2 / (v1 + v2) });
}

async function expectShares(
  shop: Shop,
  say: (text: string) => void,
  expected: Readonly<Record<string, number>>,
): Promise<void> {
  const isOff = ({ shares }: Window, [version, share]: [string, number]): boolean =>
    Math.abs((shares[version] ?? 0) - share) > SHARE_TOLERANCE;
  const isRight = (window: Window): boolean =>
    window.pages > 50 && !Object.entries(expected).some((one) => isOff(window, one));
  const seen = await watchUntil(
    shop,
    WATCH_MS,
    (window) => window.pageFailures > 0 || isRight(window),
  );
  say(`${seen.pages} pages, ${seen.pageFailures} failed: reviews ${formatShares(seen)}`);
  check(seen.pages > 50, "too few pages came back to tell");
  check(seen.pageFailures === 0, "pages failed");
  for (const [version, share] of Object.entries(expected)) {
    check(
      !isOff(seen, [version, share]),
      `${version} should have ${(share * 100).toFixed(0)}% of the pages`,
    );
  }
}

async function expectRetries(shop: Shop, say: (text: string) => void): Promise<void> {
  const deadlineMs = performance.now() + STAT_LIMIT_MS;
  const isEnough = (window: Window): boolean => window.checkouts > 5;
  let seen = await watchUntil(shop, WATCH_MS, isEnough);
  let retries = await countRetries(shop);
  while (retries === 0 && performance.now() < deadlineMs) {
    seen = await watchUntil(shop, WATCH_MS, isEnough);
    retries = await countRetries(shop);
  }
  await show(shop, say, "stat", "payment", "-n", "shop", "-o", "wide");
  say(`${seen.checkouts} checkouts, ${seen.checkoutFailures} failed; ${retries} tries were moved`);
  check(retries > 0, "no request was tried again");
  check(seen.checkouts > 5, "too few checkouts came back to tell");
  check(seen.checkoutFailures === 0, "checkouts failed");
}

async function countRetries(shop: Shop): Promise<number> {
  const rows = await statRows(shop, "payment", "route");
  return rows.reduce((sum, row) => sum + row.retries, 0);
}

async function breakVersion(shop: Shop, say: (text: string) => void): Promise<void> {
  await fetch(shop.url("reviews-v2.app", "/break"), { method: "POST" });
  try {
    const broken = await watchUntil(shop, WATCH_MS, ({ shares }) => (shares.none ?? 0) > 0.9);
    say(`${broken.pages} pages, ${broken.pageFailures} failed: reviews ${formatShares(broken)}`);
    check((broken.shares.none ?? 0) > 0.9, "pages should have lost their reviews");
    check(broken.pageFailures === 0, "a shop without reviews should still sell");
    await statUntil(shop, (success) => success < 0.1);
    await show(shop, say, "stat", "reviews", "-n", "shop", "--by", "backend", "--window", "10s");
  } finally {
    await fetch(shop.url("reviews-v2.app", "/mend"), { method: "POST" });
  }
  await pause(500);
  const mended = await watchUntil(shop, 2_000, ({ shares }) => (shares.v2 ?? 0) > 0.9);
  say(`mended: reviews ${formatShares(mended)}`);
  check((mended.shares.v2 ?? 0) > 0.9, "the reviews should have come back");
}

/** Until the newest window shows what was broken. */
async function statUntil(shop: Shop, isSeen: (success: number) => boolean): Promise<void> {
  const deadlineMs = performance.now() + STAT_LIMIT_MS;
  for (;;) {
    const rows = await statRows(shop, "reviews", "backend", "10s");
    const requests = rows.reduce((sum, row) => sum + row.requests, 0);
    const successes = rows.reduce((sum, row) => sum + row.successes, 0);
    if (requests > 0 && isSeen(successes / requests)) return;
    if (performance.now() > deadlineMs) throw new Error("heddle stat should show the failures");
    await Promise.race([pause(500), shop.failure]);
  }
}

async function misspell(shop: Shop, say: (text: string) => void): Promise<void> {
  const path = splitPath(shop);
  const good = readFileSync(path, "utf8");
  save(path, good.replace("weight: 100", "wieght: 100"));
  try {
    const lint = await shop.heddle("lint", path);
    sayCommand(say, ["lint", "split-reviews.yaml"], lint.stdout);
    check(lint.code === 1, "lint should fail");
    check(/did you mean "?weight/.test(lint.stdout), "lint should suggest the right key");
    const waited = await shop.heddle("wait", "split/reviews", "-n", "shop", "--for", "Accepted");
    say(waited.stderr.trim());
    await untilRefused(shop);
    await show(shop, say, "get", "splits");
    const seen = await watchUntil(shop, 2_000, ({ pages }) => pages > 0);
    say(`meanwhile: ${seen.pages} pages, ${seen.pageFailures} failed: ${formatShares(seen)}`);
    check((seen.shares.v2 ?? 0) > 0.97, "the last good version should stay live");
    check(seen.pageFailures === 0, "pages failed");
  } finally {
    save(path, good);
  }
}

async function untilRefused(shop: Shop): Promise<void> {
  const deadlineMs = performance.now() + STAT_LIMIT_MS;
  while ((await splitCondition(shop, "Accepted")) !== "False") {
    if (performance.now() > deadlineMs) throw new Error("the operator should refuse the file");
    await pause(100);
  }
}

async function explain(shop: Shop, say: (text: string) => void): Promise<void> {
  const line = ["explain", "GET", "http://reviews/products/1/reviews"];
  const { code, stdout } = await show(shop, say, ...line);
  check(code === 0, "the request should reach an endpoint");
  check(stdout.includes("TrafficSplit shop/reviews"), "the split should be named");
}

/** In one step, as editors do it: nobody reads a file that is half there. */
function save(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function splitPath(shop: Shop): string {
  return join(shop.meshFolder, "split-reviews.yaml");
}

interface SplitStatus {
  readonly ref: { readonly name: string; readonly generation: number };
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
}

async function readSplit(shop: Shop): Promise<SplitStatus> {
  const { stdout } = await shop.heddle("get", "split", "reviews", "-n", "shop", "-o", "json");
  // Its shape is documented, and this is a demo: a surprise ends it.
  const { objects } = JSON.parse(stdout) as { objects: readonly SplitStatus[] };
  const [split] = objects;
  if (split === undefined) throw new Error("the operator does not know the split");
  return split;
}

async function splitGeneration(shop: Shop): Promise<number> {
  return (await readSplit(shop)).ref.generation;
}

async function splitCondition(shop: Shop, type: string): Promise<string | undefined> {
  return (await readSplit(shop)).conditions.find((one) => one.type === type)?.status;
}

interface StatRow {
  readonly requests: number;
  readonly successes: number;
  readonly retries: number;
}

async function statRows(
  shop: Shop,
  service: string,
  by: string,
  window = "1m",
): Promise<readonly StatRow[]> {
  const { stdout } = await shop.heddle(
    ...["stat", service, "-n", "shop", "--by", by, "--window", window, "-o", "json"],
  );
  return (JSON.parse(stdout) as { rows: readonly StatRow[] }).rows;
}

/** Runs a command and shows it as if it had been typed. */
async function show(shop: Shop, say: (text: string) => void, ...args: string[]) {
  const result = await shop.heddle(...args);
  sayCommand(say, args, result.stdout + result.stderr);
  return result;
}

function sayCommand(say: (text: string) => void, args: readonly string[], output: string): void {
  say(`$ heddle ${args.join(" ")}\n${output.trimEnd()}`);
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
