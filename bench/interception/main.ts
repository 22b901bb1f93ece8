/**
 * What interception costs: the same proxy with the same work, named by its callers and behind
 * redirect rules, each in a network namespace of its own:
 * `node bench/interception/main.ts [--docs] [--rounds N] [--seconds N]
 * [--starts N]`, as root, after `make build`. The figure is
 * processor time of the whole process for each request, the median over the rounds.
 *
 * All work at the same time, on the same cores: whatever else the machine does hits all alike.
 * Connections are opened before the first round, as those of applications are kept for long.
 */
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { median } from "../peers/figures.ts";
import { chooseCores, describeMachine, loadAverage } from "../peers/machine.ts";
import { renewDocs } from "../peers/write-results.ts";
import { START_BAR_MS } from "./measure-start.ts";
import { InterceptionScene, type Usage } from "./scene.ts";

const BAR = 1.05;
/** As the scene has them. */
const SIDES = [
  "the proxy is named, and there are no rules",
  "the proxy is named, and there are rules",
  "connections are redirected",
];
const WARM_UP_SECONDS = 4;
/** For reading the last figures while the load still runs. */
const TAIL_SECONDS = 2;
const PART = "bench/interception";

const { values: flags } = parseArgs({
  options: {
    docs: { type: "boolean", default: false },
    rounds: { type: "string", default: "9" },
    starts: { type: "string", default: "15" },
    seconds: { type: "string", default: "4" },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const cores = chooseCores(availableParallelism());
const busy = loadAverage();
const scene = new InterceptionScene(cores);
try {
  await scene.start();
  const text = `${await measure()}\n\n${await measureStarts()}`;
  console.log(text);
  if (flags.docs) await renewDocs(PART, `${text}\n`);
} finally {
  await scene.close();
}

async function measure(): Promise<string> {
  const ended = scene.load(WARM_UP_SECONDS + rounds * seconds + TAIL_SECONDS);
  await sleep(WARM_UP_SECONDS * 1_000);
  const samples: (readonly number[])[] = [];
  let before = await scene.usage();
  for (let round = 0; round < rounds; round += 1) {
    await sleep(seconds * 1_000);
    const after = await scene.usage();
    const costs = before.map((usage, side) => costUs(usage, after[side]));
    before = after;
    console.error(`  µs: ${costs.map((us) => us.toFixed(2)).join(", ")}`);
    samples.push(costs);
  }
  await ended;
  const { cpu, kernel, node } = describeMachine();
  const load = busy > cores.load + 1 ? `; the machine was busy (load ${busy.toFixed(1)})` : "";
  return [
    `${cpu}, Linux ${kernel}, Node ${node}; ${rounds} rounds of ${seconds} s each, medians${load}.`,
    "",
    "| | CPU µs per request | by the first |",
    "| --- | ---: | ---: |",
    ...SIDES.map((name, side) => {
      const us = median(samples.map((costs) => costs[side] ?? Number.NaN));
      return `| ${name} | ${us.toFixed(1)} | ${ratioOf(samples, side).toFixed(2)} |`;
    }),
    "",
    `The bar is at most ${BAR} × the first: ${ratioOf(samples, 2) <= BAR ? "met" : "missed"}.`,
  ].join("\n");
}

async function measureStarts(): Promise<string> {
  const figures = await scene.starts(Number(flags.starts));
  const names = ["the proxy is named", "connections are redirected"];
  const isMet = figures.every(({ medianMs }) => medianMs <= START_BAR_MS);
  return [
    `| from exec to ready, ms, ${flags.starts} times | median | longest |`,
    "| --- | ---: | ---: |",
    ...figures.map(
      ({ medianMs, longestMs }, side) =>
        `| ${names[side]} | ${medianMs.toFixed(0)} | ${longestMs.toFixed(0)} |`,
    ),
    "",
    `The bar is at most ${START_BAR_MS} ms: ${isMet ? "met" : "missed"}.`,
  ].join("\n");
}

/** Of each round by itself: what else the machine does comes and goes. */
function ratioOf(samples: readonly (readonly number[])[], side: number): number {
  return median(samples.map((costs) => (costs[side] ?? Number.NaN) / (costs[0] ?? Number.NaN)));
}

function costUs(before: Usage | undefined, after: Usage | undefined): number {
  if (before === undefined || after === undefined) return Number.NaN;
  return (after.cpuNs - before.cpuNs) / (after.requestCount - before.requestCount) / 1_000;
}
