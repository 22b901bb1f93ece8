/**
 * Runs vitest, and ends with what failed, if anything did, and one plain line of counts that any
 * CI can read. vitest's own exit code stands; the rest comes from its JSON report. Nothing is
 * tried again: a test that fails now and then has a defect, or has found one.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatInstallCommand, missingPackages } from "./system-packages.ts";
import { countTests, formatCounts } from "./test-counts.ts";
import { failuresOf, formatFailures } from "./test-failures.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const report = join(root, "node_modules", ".cache", "heddle", "tests.json");

mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });

const run = spawnSync(
  process.execPath,
  [
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: "inherit", cwd: root },
);

const result = readReport();
const counts = countTests(result, run.status ?? 1);
const missing = missingPackages();
if (missing.length > 0) {
  console.log(`skipped what needs ${missing.map((one) => one.program).join(", ")}; to have it:`);
  console.log(`  ${formatInstallCommand(missing)}   (or, as root: make test SETUP=1)`);
}
const failures = failuresOf(result, root);
if (counts.failed > 0 && failures.length === 0) {
  failures.push({ name: "outside of any test", lines: [`exit code ${run.status}: see above`] });
}
process.stdout.write(formatFailures(failures));
console.log(formatCounts(counts));
process.exitCode = counts.failed > 0 ? 1 : (run.status ?? 1);

function readReport(): unknown {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return undefined;
  }
}
