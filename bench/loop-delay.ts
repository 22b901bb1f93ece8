/**
 * How long the proxy's loop is held up while configuration arrives: endpoint sets that grow to a
 * thousand entries, change and shrink, and a scrape of its metrics. Each start of a proxy counts
 * anew, because code that runs for the first time is the slowest.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { LoopReport } from "./loop-probe.ts";
import type { Child } from "./peers/child.ts";
import { findFreePort, waitUntilListens } from "./peers/client.ts";
import type { Place } from "./peers/contender.ts";
import { median } from "./peers/figures.ts";
import {
  createHeddle,
  endpointSlice,
  manifestFolder,
  OWN_BUNDLES,
  service,
} from "./peers/heddle.ts";
import { chooseCores, describeMachine, loadAverage } from "./peers/machine.ts";
import { formatTable } from "./peers/report.ts";

const SERVICE = "big";
const ENDPOINTS_MAX = 1_000;
/** As Kubernetes writes them: a slice holds a hundred. */
const SLICE_ENDPOINTS_MAX = 100;
const BAR_MS = 5;
const STARTS = 5;
/** From a change of a file to all that follows from it; nobody asks the proxy meanwhile. */
const ARRIVAL_MS = 1_500;
const START_MS_MAX = 10_000;

/** The bundles to measure; another checkout's where it is given. */
const dist = process.argv[2] ?? OWN_BUNDLES;
const probe = fileURLToPath(new URL("./loop-probe.ts", import.meta.url));

interface Scene {
  readonly place: Place;
  readonly proxy: Child;
  readonly probeFile: string;
  readonly release: () => Promise<void>;
}

/** One thing that is done to a running proxy while its loop is watched. */
interface Step {
  readonly name: string;
  /** How many endpoints the proxy must hold afterwards. */
  readonly endpointCount: number;
  readonly run: (place: Place) => Promise<void>;
}

const STEPS: readonly Step[] = [
  endpointStep("2 → 1,000 endpoints, cold", ENDPOINTS_MAX, 0),
  endpointStep("100 of 1,000 endpoints move", ENDPOINTS_MAX, 100),
  { name: "scrape of /metrics", endpointCount: ENDPOINTS_MAX, run: scrape },
  endpointStep("1,000 → 2 endpoints", 2, 0),
  endpointStep("2 → 1,000 endpoints, again", ENDPOINTS_MAX, 0),
];

function endpointStep(name: string, count: number, movedCount: number): Step {
  return { name, endpointCount: count, run: (place) => writeEndpoints(place, count, movedCount) };
}

async function scrape(place: Place): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${place.adminPort}/metrics`);
  await answer.text();
}

/** `movedCount` of the endpoints get an address that they had not before. */
async function writeEndpoints(place: Place, count: number, movedCount: number): Promise<void> {
  const addresses = Array.from({ length: count }, (_, index) => {
    const third = index < movedCount ? 200 : Math.floor(index / 200);
    return `127.1.${third}.${(index % 200) + 1}`;
  });
  const documents = [service(SERVICE)];
  for (let from = 0; from < count; from += SLICE_ENDPOINTS_MAX) {
    const part = addresses.slice(from, from + SLICE_ENDPOINTS_MAX);
    documents.push(endpointSlice(SERVICE, `s${from}`, 1, part));
  }
  const file = join(manifestFolder(place), "big.yaml");
  await writeFile(`${file}.tmp`, documents.map((one) => JSON.stringify(one)).join("\n---\n"));
  await rename(`${file}.tmp`, file);
}

/** How many endpoints the proxy holds: asked after the watched time, the answer is long. */
async function countEndpoints(place: Place): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${place.adminPort}/config`);
  const config = (await answer.json()) as ConfigPage;
  const backend = config.backends.find((one) => one.service.includes(`/${SERVICE}:`));
  return backend?.endpoints.length ?? 0;
}

/** What this bench reads of the proxy's own page. */
interface ConfigPage {
  readonly backends: readonly {
    readonly service: string;
    readonly endpoints: readonly unknown[];
  }[];
}

async function startScene(folder: string, index: number): Promise<Scene> {
  const place: Place = {
    folder: join(folder, `start-${index}`),
    port: await findFreePort(),
    adminPort: await findFreePort(),
    backendPorts: [1, 1],
    cores: chooseCores(describeMachine().coreCount),
  };
  await mkdir(place.folder);
  const probeFile = join(place.folder, "probe.json");
  const heddle = createHeddle({
    dist,
    nodeFlags: ["--import", probe],
    env: { HEDDLE_PROBE_FILE: probeFile },
  });
  await heddle.prepare(place);
  await writeEndpoints(place, 2, 0);
  const proxy = heddle.start(place);
  await waitUntilListens(place.adminPort, proxy, START_MS_MAX);
  const release = async (): Promise<void> => {
    await proxy.stop();
    await heddle.release();
  };
  return { place, proxy, probeFile, release };
}

/** A request makes the proxy ask for the service; nothing listens behind it, and need not. */
async function subscribe(place: Place): Promise<void> {
  const deadlineMs = performance.now() + START_MS_MAX;
  while ((await countEndpoints(place)) !== 2) {
    if (performance.now() > deadlineMs) throw new Error("the proxy does not hold the service");
    await ask(place.port, `${SERVICE}.bench.svc.cluster.local`);
    await sleep(50);
  }
}

function ask(port: number, host: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
  });
}

async function watch(scene: Scene, step: Step): Promise<LoopReport> {
  await report(scene);
  // The first interval after a reset is not counted: let it pass.
  await sleep(50);
  await step.run(scene.place);
  await sleep(ARRIVAL_MS);
  const seen = await report(scene);
  const count = await countEndpoints(scene.place);
  if (step.endpointCount !== count) {
    throw new Error(`${step.name}: the proxy holds ${count} endpoints after ${ARRIVAL_MS} ms`);
  }
  return seen;
}

async function report(scene: Scene): Promise<LoopReport> {
  await rm(scene.probeFile, { force: true });
  process.kill(scene.proxy.pid, "SIGWINCH");
  while (!existsSync(scene.probeFile)) await sleep(10);
  // Written by our own probe.
  return JSON.parse(await readFile(scene.probeFile, "utf8")) as LoopReport;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-loop-"));
  const reports = new Map<string, LoopReport[]>(STEPS.map((step) => [step.name, []]));
  const loadBefore = loadAverage();
  try {
    for (let index = 0; index < STARTS; index++) {
      const scene = await startScene(folder, index);
      try {
        await subscribe(scene.place);
        for (const step of STEPS) reports.get(step.name)?.push(await watch(scene, step));
      } finally {
        await scene.release();
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const rows = [...reports].map(([name, all]) => {
    const turns = all.map((one) => one.maxTurnCpuMs);
    const worst = Math.max(...turns);
    const delays = all.map((one) => one.maxDelayMs);
    return [
      name,
      median(turns).toFixed(1),
      worst.toFixed(1),
      worst <= BAR_MS ? "met" : "missed",
      median(delays).toFixed(1),
      Math.max(...delays).toFixed(1),
    ];
  });
  const head = ["", "turn ms, median", "worst", `bar ${BAR_MS} ms`, "delay ms, median", "worst"];
  console.log(formatTable(head, rows));
  console.log(
    `${STARTS} starts. Turn: processor time of the longest turn. Delay: by the clock, with what ` +
      `the machine did meanwhile (load ${loadBefore.toFixed(2)} before).`,
  );
}

await main();
