/**
 * `make bench-micro`: every micro bench of this folder, each in a process of its own, so that
 * none is compiled for another's data. Prints one table and writes
 * `bench/results/local/micro.json`. Arguments name benches: `make bench-micro ARGS=route-table`.
 */
import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Measurement } from "./harness.ts";

const RESULTS = join(import.meta.dirname, "../results/local");
const NO_BENCHES = ["main", "harness", "memory-network", "proxy-without-kernel"];
/** No bench takes near as long. */
const BENCH_MS_MAX = 300_000;
const run = promisify(execFile);

async function benches(wanted: readonly string[]): Promise<readonly string[]> {
  const files = await readdir(import.meta.dirname);
  return files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => basename(file, ".ts"))
    .filter((name) => !NO_BENCHES.includes(name))
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .sort();
}

/** What the harness prints with `--json`; it is ours, and of the same checkout. */
function parseMeasurements(text: string): readonly Measurement[] {
  return JSON.parse(text) as readonly Measurement[];
}

const results: Record<string, readonly Measurement[]> = {};
console.log(
  `${"".padEnd(54)}${"ns min".padStart(12)}${"ns median".padStart(12)}${"B/op".padStart(12)}`,
);
for (const name of await benches(process.argv.slice(2))) {
  const file = join(import.meta.dirname, `${name}.ts`);
  const { stdout } = await run(process.execPath, [file, "--json"], { timeout: BENCH_MS_MAX });
  const measured = parseMeasurements(stdout);
  results[name] = measured;
  console.log(name);
  for (const each of measured) {
    const numbers = [each.nsMin, each.nsMedian, each.bytesPerOp];
    const columns = numbers.map((number) => number.toFixed(1).padStart(12)).join("");
    console.log(`  ${each.name.padEnd(52)}${columns}`);
  }
}
const machine = { node: process.version, cpu: cpus()[0]?.model ?? "", cpus: cpus().length };
await mkdir(RESULTS, { recursive: true });
const json = JSON.stringify({ machine, takenAt: new Date().toISOString(), results }, null, 2);
await writeFile(join(RESULTS, "micro.json"), `${json}\n`);
