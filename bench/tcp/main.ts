/**
 * What opaque TCP costs beside HAProxy in TCP mode, in one run on the same cores:
 * `node bench/tcp/main.ts [--docs] [--rounds N] [--seconds N]`. The figure is processor time of the
 * whole process for each gigabyte carried, the median over the rounds; and private memory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { runToEnd } from "../../tools/parts/run-to-end.ts";
import { median } from "../peers/figures.ts";
import { chooseCores, describeMachine, loadAverage } from "../peers/machine.ts";
import { findSystemPart } from "../peers/parts.ts";
import { readCost } from "../peers/process-cost.ts";
import { renewDocs } from "../peers/write-results.ts";
import {
  loadCommand,
  type Place,
  startHaproxy,
  startHeddle,
  startHolder,
  startServer,
  type TcpContender,
} from "./contenders.ts";

const BAR = 1.25;
const CONNECTIONS = [1, 64] as const;
const WAYS = ["down", "up"] as const;
const IDLE_COUNT = 1_000;
/** Each fills the kernel's buffers too, so they are few. */
const STUCK_COUNT = 20;
const BUSY_COUNT = 64;
const HOLD_MS_MAX = 30_000;
const PART = "bench/tcp";

const { values: flags } = parseArgs({
  options: {
    docs: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const tell = (line: string): void => console.error(line);
const cores = chooseCores(availableParallelism());
const folder = await mkdtemp(join(tmpdir(), "heddle-tcp-"));
const place: Place = { folder, cores };
try {
  const text = await measure();
  console.log(text);
  if (flags.docs) await renewDocs(PART, `${text}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(): Promise<string> {
  const busy = loadAverage();
  const server = await startServer(place);
  const contenders = [await startHeddle(server.port, place)];
  const haproxy = findSystemPart("haproxy", "haproxy");
  if ("missing" in haproxy) tell(haproxy.missing);
  else contenders.push(await startHaproxy(haproxy.file, server.port, place));
  try {
    const memory = await measureMemory(contenders);
    const rows: string[] = [];
    for (const way of WAYS) {
      for (const count of CONNECTIONS) rows.push(await costRow(contenders, way, count));
    }
    const { cpu, kernel, node, congestionControl } = describeMachine();
    const load = busy > cores.load + 1 ? `; the machine was busy (load ${busy.toFixed(1)})` : "";
    return [
      `${cpu}, Linux ${kernel} (${congestionControl}), Node ${node}; ${rounds} rounds of ` +
        `${seconds} s each, medians${load}.`,
      "",
      "| CPU seconds per gigabyte | Heddle | HAProxy | Heddle by HAProxy |",
      "| --- | ---: | ---: | ---: |",
      ...rows,
      "",
      `The bar is at most ${BAR} × HAProxy.`,
      "",
      "| private memory | Heddle | HAProxy |",
      "| --- | ---: | ---: |",
      ...memory,
    ].join("\n");
  } finally {
    for (const { child } of [...contenders, server]) await child.stop();
  }
}

/** All take turns, in another order in each round. */
async function costRow(
  contenders: readonly TcpContender[],
  way: "down" | "up",
  count: number,
): Promise<string> {
  const samples = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const at = (turn + round) % contenders.length;
      const { name, port, child } = contenders[at] as TcpContender;
      const beforeNs = readCost(child.pid).cpuNs;
      const command = loadCommand(port, count, seconds, way, place);
      const bytes = Number(await runToEnd(command, (seconds + 15) * 1_000));
      if (!(bytes > 0)) throw new Error(`${name} carried nothing`);
      const cost = (readCost(child.pid).cpuNs - beforeNs) / bytes;
      samples[at]?.push(cost);
      tell(`  ${way}, ${count} connections, ${name}: ${cost.toFixed(3)} s/GB`);
    }
  }
  const [heddle = Number.NaN, haproxy = Number.NaN] = samples.map(median);
  const what = way === "down" ? "from the server" : "to the server";
  const label = `${what}, ${count} ${count === 1 ? "connection" : "connections"}`;
  return `| ${label} | ${heddle.toFixed(2)} | ${cell(haproxy, 2)} | ${cell(heddle / haproxy, 2)} |`;
}

async function measureMemory(contenders: readonly TcpContender[]): Promise<readonly string[]> {
  const idle: string[] = [];
  const stuck: string[] = [];
  const busy: string[] = [];
  for (const contender of contenders) {
    idle.push(`${((await heldKb(contender, IDLE_COUNT, "idle")) / IDLE_COUNT).toFixed(1)} KB`);
    stuck.push(`${((await heldKb(contender, STUCK_COUNT, "stuck")) / STUCK_COUNT).toFixed(0)} KB`);
    busy.push(`${((await busyKb(contender)) / BUSY_COUNT).toFixed(0)} KB`);
  }
  const row = (what: string, cells: readonly string[]): string =>
    `| more for each of ${what} | ${cells.join(" | ")} |`;
  return [
    row(`${IDLE_COUNT} idle connections`, idle),
    row(`${STUCK_COUNT} connections whose client does not read`, stuck),
    row(`${BUSY_COUNT} connections at full speed`, busy),
  ];
}

/** What so many connections add to what the process has. */
async function heldKb(
  { name, port, child }: TcpContender,
  count: number,
  how: "idle" | "stuck",
): Promise<number> {
  const beforeKb = readCost(child.pid).privateKb;
  const holder = startHolder(port, count, how, place);
  const untilMs = performance.now() + HOLD_MS_MAX;
  while (!holder.logTail().includes("held")) {
    if (holder.hasEnded || performance.now() > untilMs) {
      throw new Error(`${name}: ${count} connections could not be held: ${holder.logTail()}`);
    }
    await sleep(50);
  }
  const heldKbMore = readCost(child.pid).privateKb - beforeKb;
  tell(`  ${count} ${how} connections, ${name}: ${heldKbMore} KB more`);
  await holder.stop();
  return heldKbMore;
}

/** What it has more while it carries as much as it can. */
async function busyKb({ child, port }: TcpContender): Promise<number> {
  const beforeKb = readCost(child.pid).privateKb;
  const load = runToEnd(loadCommand(port, BUSY_COUNT, seconds, "down", place), HOLD_MS_MAX);
  await sleep(seconds * 800);
  const moreKb = readCost(child.pid).privateKb - beforeKb;
  await load;
  return Math.max(0, moreKb);
}

function cell(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}
