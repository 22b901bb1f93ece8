/**
 * `make bench`: Heddle, nginx, HAProxy and Envoy side by side in one run on the same cores. What
 * is not on the machine is brought where that needs no rights, and named where it does.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgram } from "../base/command-program.ts";
import { defineCommand } from "../base/flags.ts";
import { runAsProcess } from "../base/platform/process.ts";
import { EXIT } from "../base/program.ts";
import { isMet, judge, judgeScale } from "./peers/figures.ts";
import { formatReport, formatScale } from "./peers/report.ts";
import { PHASES, runPeers } from "./peers/run-peers.ts";
import { writeDocs, writeJson } from "./peers/write-results.ts";

const command = defineCommand({
  name: "bench",
  summary: "Measure Heddle beside nginx, HAProxy and Envoy.",
  flags: {
    only: { kind: "string", env: "BENCH_ONLY", help: "contenders to run, separated by commas" },
    against: {
      kind: "string",
      completes: "folders",
      help: "another checkout's dist/, to measure beside this one as `before`",
    },
    rounds: { kind: "integer", min: 1, max: 99, default: "5", env: "BENCH_ROUNDS", help: "rounds" },
    duration: { kind: "duration", default: "4s", env: "BENCH_DURATION", help: "length of a load" },
    rate: {
      kind: "integer",
      min: 0,
      default: "0",
      help: "fixed rate; 0 lets the bench choose one",
    },
    measure: {
      kind: "enum",
      values: PHASES,
      repeatable: true,
      help: "only this; may be repeated",
    },
    name: { kind: "string", default: "local/peers", help: "of the file in bench/results/" },
    docs: { kind: "boolean", help: "renew the table in docs/performance.md too" },
    quick: { kind: "boolean", env: "BENCH_QUICK", help: "two short rounds, to see that it works" },
    "require-bars": { kind: "boolean", help: "exit 1 when a bar is missed" },
  },
});

const bench = createProgram(command, async ({ flags }, io) => {
  // Ending the process ends its children, and the folder is the system's to clean.
  io.stop.addEventListener("abort", () => process.exit(EXIT.failed));
  const folder = await mkdtemp(join(tmpdir(), "heddle-bench-"));
  try {
    const results = await runPeers({
      only: flags.only === undefined ? [] : flags.only.split(",").map((name) => name.trim()),
      rounds: flags.quick ? 2 : flags.rounds,
      durationS: flags.quick ? 1 : Math.max(1, Math.round(flags.duration / 1000)),
      idleS: flags.quick ? 2 : 10,
      rate: flags.rate,
      phases: flags.measure.length === 0 ? PHASES : flags.measure,
      ...(flags.against === undefined ? {} : { against: flags.against }),
      folder,
      tell: (line) => io.stderr.write(`${line}\n`),
    });
    const file = await writeJson(flags.name, results);
    if (flags.docs) await writeDocs(results);
    const scale = results.scale === undefined ? "" : `\n${formatScale(results)}`;
    io.stdout.write(`${formatReport(results)}${scale}\nFigures: ${file}\n`);
    const bars = [...judge(results), ...judgeScale(results.scale ?? [])];
    const missed = bars.filter((bar) => bar.value !== undefined && !isMet(bar));
    return flags["require-bars"] && missed.length > 0 ? EXIT.failed : EXIT.ok;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

await runAsProcess(bench, process.argv.slice(2));
