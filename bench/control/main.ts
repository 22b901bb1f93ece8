/**
 * What the control plane costs and how quick it is, on a real API server of this machine:
 * `node bench/control/main.ts [--docs] [--changes N] [--only changes|memory]`, after `make build`.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { OwnApiServer } from "../../test/kubernetes/harness/api-server.ts";
import {
  ApiServerProcess,
  type ApiServerPrograms,
} from "../../test/kubernetes/harness/api-server-process.ts";
import { obtainApiServerPrograms } from "../../test/kubernetes/harness/global-setup.ts";
import { describeMachine, loadAverage } from "../peers/machine.ts";
import { formatTable } from "../peers/report.ts";
import { renewDocs } from "../peers/write-results.ts";
import { CHANGES, type ChangeFigures, measureChanges } from "./measure-changes.ts";
import { type MemoryFigures, measureMemory } from "./measure-memory.ts";

const PART = "bench/control";
const ALL_MS_BAR = 1_000;
const MEMORY_MB_BAR = 300;
const KUBECTL_COUNT = 10;

const { values: flags } = parseArgs({
  options: {
    docs: { type: "boolean", default: false },
    changes: { type: "string", default: "200" },
    only: { type: "string", default: "" },
    // As it is shipped.
    operator: { type: "string", default: "dist/operator.js" },
  },
});
const BUNDLE = resolve(flags.operator);
const tell = (line: string): void => console.error(line);

const programs = await obtainApiServerPrograms(tell);
if ("missing" in programs) console.log(`not measured: ${programs.missing}`);
else if (!existsSync(BUNDLE))
  console.log(`not measured: there is no ${flags.operator}; run make build`);
else await measure(programs);

async function measure(needed: ApiServerPrograms): Promise<void> {
  const load = loadAverage();
  const changeCount = Number(flags.changes);
  const wanted = { operatorProgram: BUNDLE, changeCount, kubectlCount: KUBECTL_COUNT, tell };
  const rows: string[][] = [];
  if (flags.only !== "memory") {
    rows.push(...changeRows(await withServer(needed, (api) => measureChanges(api, wanted))));
  }
  if (flags.only !== "changes") {
    rows.push(...memoryRows(await withServer(needed, (api) => measureMemory(api, BUNDLE, tell))));
  }
  const { cpu, coreCount, kernel, node } = describeMachine();
  const setting =
    `${cpu}, ${coreCount} cores, Linux ${kernel}, Node ${node}; load before the run ` +
    `${load.toFixed(1)}. API server, etcd, operator and proxies share the cores.`;
  const text = `${setting}\n\n${formatTable(["", "measured", "bar"], rows)}`;
  console.log(text);
  if (flags.docs) await renewDocs(PART, text);
}

async function withServer<T>(
  needed: ApiServerPrograms,
  work: (api: OwnApiServer) => Promise<T>,
): Promise<T> {
  const api = new OwnApiServer(await ApiServerProcess.start(needed));
  try {
    await api.installCrds();
    return await work(api);
  } finally {
    await api.close();
  }
}

function changeRows(figures: ChangeFigures): string[][] {
  const { allMs, eachMs, kubectlMs, changeCount } = figures;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const what = `a changed split acknowledged by ${CHANGES.proxyCount} proxies`;
  const bar = `at most ${ALL_MS_BAR} ms: ${quantile(allMs, 0.99) <= ALL_MS_BAR ? "met" : "missed"}`;
  return [
    [`${what}, p50 of ${changeCount}`, ms(quantile(allMs, 0.5)), ""],
    [`${what}, p99`, ms(quantile(allMs, 0.99)), bar],
    ["the same for one proxy, p50", ms(quantile(eachMs, 0.5)), ""],
    ["the same for one proxy, p99", ms(quantile(eachMs, 0.99)), ""],
    [`with the start of kubectl, worst of ${kubectlMs.length}`, ms(quantile(kubectlMs, 1)), ""],
    ["operator's processor time per change", ms(figures.operatorCpuMsPerChange), ""],
    ["operator's memory meanwhile (RSS)", `${Math.round(figures.operatorRssMb)} MB`, ""],
  ];
}

function memoryRows(figures: MemoryFigures): string[][] {
  const { podCount, serviceCount, startMs, peakMb, settledMb } = figures;
  const what = `${podCount} pods, ${serviceCount} services`;
  const bar = `at most ${MEMORY_MB_BAR} MB: ${settledMb <= MEMORY_MB_BAR ? "met" : "missed"}`;
  return [
    [`${what}: operator ready after`, `${(startMs / 1_000).toFixed(1)} s`, ""],
    [`${what}: operator's memory (RSS)`, `${Math.round(settledMb)} MB`, bar],
    [`${what}: at its peak`, `${Math.round(peakMb)} MB`, ""],
  ];
}

/** Of values in order. */
function quantile(values: readonly number[], share: number): number {
  const at = Math.min(values.length - 1, Math.ceil(values.length * share) - 1);
  return values[Math.max(0, at)] ?? Number.NaN;
}
