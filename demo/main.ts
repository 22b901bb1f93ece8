/**
 * `make demo`: a small shop on a real mesh. It stays until Ctrl-C, or with --once takes the tour
 * by itself and ends with 0 only if it saw all that it should.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { between, formatShares, pause } from "./measure.ts";
import { findPython, Shop } from "./shop.ts";
import { STEPS } from "./tour.ts";

const MESH_FOLDER = join(dirname(fileURLToPath(import.meta.url)), "mesh");
const REPORT_MS = 5_000;

const isOnce = process.argv.includes("--once");
const runFolder = mkdtempSync(join(tmpdir(), "heddle-demo-"));
const stopping = new Promise<"stop">((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => resolve("stop"));
});

process.exitCode = await run();
process.exit();

async function run(): Promise<number> {
  const startMs = performance.now();
  const meshFolder = isOnce ? join(runFolder, "mesh") : MESH_FOLDER;
  // The tour edits files, and the checkout is not its to edit.
  if (isOnce) cpSync(MESH_FOLDER, meshFolder, { recursive: true });
  console.log("Opening the shop: services, a proxy beside each, an operator, shoppers ...");
  let shop: Shop;
  try {
    shop = await Shop.open(meshFolder, runFolder);
  } catch (error) {
    console.error(`The shop did not open: ${messageOf(error)}\nLogs: ${runFolder}`);
    return 1;
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`Open after ${seconds} s, with ${shop.processCount} processes.`);
  if (findPython() === undefined) console.log("There is no Python here: reviews v1 runs on Node.");
  let code = 1;
  try {
    code = isOnce ? await takeTour(shop) : await stayOpen(shop);
  } catch (error) {
    console.error(`The shop broke down: ${messageOf(error)}\nLogs: ${runFolder}`);
  }
  await shop.close();
  if (!isOnce) rmSync(join(MESH_FOLDER, "endpoints.yaml"), { force: true });
  if (code === 0) rmSync(runFolder, { recursive: true, force: true });
  return code;
}

async function takeTour(shop: Shop): Promise<number> {
  const startMs = performance.now();
  let failures = 0;
  for (const [index, step] of STEPS.entries()) {
    console.log(`\n${index + 1}. ${step.title}`);
    try {
      const work = step.run(shop, (text) => console.log(text.replace(/^/gm, "   ")));
      if ((await Promise.race([work, shop.failure, stopping])) === "stop") return 130;
      console.log("   => happened");
    } catch (error) {
      failures += 1;
      console.log(`   => DID NOT HAPPEN: ${messageOf(error)}`);
    }
  }
  const seconds = Math.round((performance.now() - startMs) / 1000);
  console.log(`\n${STEPS.length - failures} of ${STEPS.length} steps happened, in ${seconds} s.`);
  if (failures > 0) console.log(`Logs: ${runFolder}`);
  return failures === 0 ? 0 : 1;
}

async function stayOpen(shop: Shop): Promise<number> {
  console.log(describe(shop));
  let before = await shop.seen();
  for (;;) {
    const next = await Promise.race([pause(REPORT_MS), shop.failure, stopping]);
    if (next === "stop") {
      console.log("Closing.");
      return 0;
    }
    const after = await shop.seen();
    const window = between(before, after);
    before = after;
    console.log(
      `${window.pages} pages, ${window.pageFailures} failed; reviews ${formatShares(window)}; ` +
        `${window.checkouts} checkouts, ${window.checkoutFailures} failed`,
    );
  }
}

function describe(shop: Shop): string {
  const folder = relative(process.cwd(), shop.meshFolder);
  const operator = shop.flagFor("operator-admin");
  const web = `--admin 127.0.0.1:${shop.port("web.admin")}`;
  return `
Look
  the shop              ${shop.url("web.inbound", "/")}
  metrics of its proxy  ${shop.url("web.admin", "/metrics")}
  what a proxy holds    ${shop.url("web.admin", "/config")}
  logs                  ${runFolder}

Ask
  npx heddle get splits${operator}
  npx heddle stat --watch${operator}
  npx heddle explain GET http://reviews/products/1/reviews ${web}
  curl -H 'Host: web' ${shop.url("outbound", "/page.json")}

Try
  change the weights in ${join(folder, "split-reviews.yaml")} and save: the shares below follow
  misspell a key there: "npx heddle get splits${operator}" tells, traffic goes on
  break the new reviews: curl -X POST ${shop.url("reviews-v2.app", "/break")} (and /mend)
  take maxRetries to 0 in ${join(folder, "retry-payment.yaml")}: now and then a checkout fails

Ctrl-C closes the shop.
`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
