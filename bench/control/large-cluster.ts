/**
 * What a large cluster costs the operator: memory and the longest turn of its loop while ten
 * thousand pods and a thousand services are read, and then its processor time while endpoints come
 * and go. The API server is a fake of ours, in this process; the operator is a process of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemTimers } from "../../base/platform/system.ts";
import { listenForFake } from "../../test/harness/fake-api-listener.ts";
import { FakeApiServer } from "../../test/harness/fake-api-server.ts";
import type { LoopReport } from "../loop-probe.ts";
import { formatTable } from "../peers/report.ts";
import { fillLargeCluster, type LargeCluster } from "./sample-cluster.ts";

const BAR_MEGABYTES = 300;
const SETTLE_MS = 5_000;
const CHURN_MS = 20_000;
const CHURN_PER_SECOND = 100;
const STEP_MS = 50;

const local = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

interface Measured {
  readonly readyMs: number;
  readonly residentMegabytes: number;
  readonly peakMegabytes: number;
  readonly reading: LoopReport;
  readonly churning: LoopReport;
  readonly churnMs: number;
}

async function measure(isStream: boolean): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-cluster-"));
  const probeFile = join(folder, "probe.json");
  const server = new FakeApiServer(systemTimers);
  server.offersStreams = isStream;
  const cluster = fillLargeCluster(server, { pods: 10_000, services: 1_000, nodes: 200 });
  const listener = await listenForFake(server);
  const startMs = performance.now();
  const flags = [
    ...(process.env.BENCH_NODE_FLAGS?.split(" ") ?? []),
    "--import",
    local("../loop-probe.ts"),
    local("bare-operator.ts"),
  ];
  const child = spawn(process.execPath, [...flags, listener.url], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, HEDDLE_PROBE_FILE: probeFile },
  });
  try {
    // What it took to load the program is no turn of a running one.
    while (server.requests.length === 0) await sleep(1);
    const loaded = report(child, probeFile);
    await Promise.all([loaded, untilReady(child)]);
    const readyMs = performance.now() - startMs;
    await sleep(SETTLE_MS);
    const reading = await report(child, probeFile);
    const memory = readMemory(child);
    const churnMs = await churn(cluster);
    const churning = await report(child, probeFile);
    return { readyMs, ...memory, reading, churning, churnMs };
  } finally {
    child.kill();
    await listener.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilReady(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("its output is read");
  const [line] = await once(createInterface(child.stdout), "line");
  const { host, port } = JSON.parse(String(line)) as { host: string; port: number };
  const isReady = async () => (await fetch(`http://${host}:${port}/ready`)).status === 200;
  while (!(await isReady())) await sleep(STEP_MS);
}

/** Changes as many endpoints as the rate says; gives back how long that took. */
async function churn(cluster: LargeCluster): Promise<number> {
  const startMs = performance.now();
  let done = 0;
  for (;;) {
    const passedMs = performance.now() - startMs;
    if (passedMs >= CHURN_MS) return passedMs;
    for (; done < (passedMs / 1000) * CHURN_PER_SECOND; done++) cluster.moveEndpoint(done);
    await sleep(STEP_MS);
  }
}

async function report({ pid = 0 }: ChildProcess, file: string): Promise<LoopReport> {
  rmSync(file, { force: true });
  process.kill(pid, "SIGWINCH");
  while (!existsSync(file)) await sleep(10);
  // Written by our own probe.
  return JSON.parse(readFileSync(file, "utf8")) as LoopReport;
}

function readMemory({ pid = 0 }: ChildProcess) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { residentMegabytes: read("VmRSS"), peakMegabytes: read("VmHWM") };
}

function row(name: string, isStream: boolean, one: Measured): readonly string[] {
  return [
    `${name}, ${isStream ? "as a stream" : "in pages"}`,
    (one.readyMs / 1000).toFixed(1),
    one.residentMegabytes.toFixed(0),
    one.peakMegabytes.toFixed(0),
    one.peakMegabytes <= BAR_MEGABYTES ? "met" : "missed",
    one.reading.maxTurnCpuMs.toFixed(0),
    one.reading.maxDelayMs.toFixed(0),
    ((one.churning.cpuMs / one.churnMs) * 100).toFixed(1),
    one.churning.maxTurnCpuMs.toFixed(1),
    one.churning.maxDelayMs.toFixed(1),
  ];
}

const rows: (readonly string[])[] = [];
for (const isStream of [true, false]) {
  rows.push(row("10,000 pods, 1,000 services", isStream, await measure(isStream)));
}
const head = [
  ...["", "ready s", "resident MB", "peak MB", `bar ${BAR_MEGABYTES} MB`],
  ...["longest turn ms", "delay ms"],
  ...[`% of a core at ${CHURN_PER_SECOND} endpoints/s`, "longest turn ms", "delay ms"],
];
console.log(formatTable(head, rows));
process.exit(0);
