/**
 * What more than one worker brings, and what it costs: requests a second and processor time per
 * request with one and with two, at 64 kept-alive connections, and private memory. The load and the
 * servers run on the same cores: on a small machine they take what the second worker would use.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runToEnd } from "../tools/parts/run-to-end.ts";
import type { Child } from "./peers/child.ts";
import { findFreePort, waitUntilListens } from "./peers/client.ts";
import type { Contender, Place } from "./peers/contender.ts";
import { median } from "./peers/figures.ts";
import { createHeddle, isHeddleBuilt, OWN_BUNDLES } from "./peers/heddle.ts";
import { saturate } from "./peers/load.ts";
import { chooseCores, describeMachine, loadAverage } from "./peers/machine.ts";
import { startBackends } from "./peers/nginx.ts";
import { readCost } from "./peers/process-cost.ts";
import { formatTable } from "./peers/report.ts";

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 64;
const START_MS_MAX = 20_000;
/** Until compilers are done and idle memory has been given back. */
const IDLE_MS = 3_000;

const NGINX = "/usr/sbin/nginx";
const WRK = "/usr/bin/wrk";

interface Measured {
  readonly workerCount: number;
  readonly idleMb: number;
  readonly perSecond: number[];
  readonly cpuUs: number[];
}

if (!isHeddleBuilt(OWN_BUNDLES)) throw new Error('there is no bundle: run "make build"');
for (const tool of [NGINX, WRK]) if (!existsSync(tool)) throw new Error(`${tool} is not there`);

const folder = await mkdtemp(join(tmpdir(), "heddle-workers-"));
const machine = describeMachine();
const coreCount = availableParallelism();
const cores = chooseCores(coreCount);
const tools = { wrk: WRK, core: cores.load, folder };
const busy = loadAverage();

async function placeOf(name: string): Promise<Place> {
  const own = join(folder, name);
  await mkdir(own, { recursive: true });
  return {
    folder: own,
    port: await findFreePort(),
    adminPort: await findFreePort(),
    backendPorts,
    cores,
  };
}

async function start(place: Place, contender: Contender): Promise<Child> {
  const proxy = contender.start(place);
  // Each worker may have a core of its own.
  await runToEnd(["taskset", "-a", "-c", "-p", `0-${coreCount - 1}`, String(proxy.pid)], 5_000);
  await waitUntilListens(place.port, proxy, START_MS_MAX);
  return proxy;
}

async function measure(workerCount: number): Promise<Measured> {
  const place = await placeOf(String(workerCount));
  const flags = ["--workers", String(workerCount)];
  const contender = createHeddle({ name: `workers-${workerCount}`, flags });
  await contender.prepare(place);
  const proxy = await start(place, contender);
  await runToEnd(["taskset", "-a", "-c", "-p", `0-${coreCount - 1}`, String(proxy.pid)], 5_000);
  await sleep(IDLE_MS);
  const idleMb = readCost(proxy.pid).privateKb / 1_024;
  const measured: Measured = { workerCount, idleMb, perSecond: [], cpuUs: [] };
  await saturate(tools, place.port, CONNECTIONS, SECONDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    const beforeNs = readCost(proxy.pid).cpuNs;
    const { requestCount, requestsPerSecond } = await saturate(
      tools,
      place.port,
      CONNECTIONS,
      SECONDS,
    );
    measured.perSecond.push(requestsPerSecond);
    measured.cpuUs.push((readCost(proxy.pid).cpuNs - beforeNs) / requestCount / 1_000);
  }
  await proxy.stop();
  await contender.release();
  return measured;
}

const backendPorts = [await findFreePort(), await findFreePort()] as const;
const backendFolder = join(folder, "backends");
const backends = await startBackends(NGINX, {
  folder: backendFolder,
  port: 0,
  adminPort: 0,
  backendPorts,
  cores,
});
try {
  const all = [await measure(1), await measure(2)];
  console.log(
    `${machine.cpu}, ${coreCount} cores, Linux ${machine.kernel}, Node ${machine.node}; ` +
      `${ROUNDS} rounds of ${SECONDS} s, medians; load before ${busy.toFixed(1)}.\n`,
  );
  console.log(
    formatTable(
      ["workers", "requests/s", "CPU µs per request", "private memory idle, MB"],
      all.map(({ workerCount, perSecond, cpuUs, idleMb }) => [
        String(workerCount),
        median(perSecond).toFixed(0),
        median(cpuUs).toFixed(1),
        idleMb.toFixed(1),
      ]),
    ),
  );
} finally {
  await backends.stop();
  await rm(folder, { recursive: true });
}
