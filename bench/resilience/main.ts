/**
 * What callers notice when something goes wrong: `node bench/resilience/main.ts [--docs]`, after
 * `make build`. Nothing here is a test: the figures depend on the machine.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseCores } from "../peers/machine.ts";
import { findSystemPart, obtainEnvoy, obtainFortio } from "../peers/parts.ts";
import { renewDocs } from "../peers/write-results.ts";
import { CAPACITY, goodputShare, measureOverload, recoveredAfterMs } from "./overload.ts";
import { plotOverload } from "./plot.ts";
import { startEnvoy, startHeddle, startNginx } from "./scene.ts";
import { measureSlowEndpoint, type SlowEndpointRow, slowEndpointTable } from "./slow-endpoint.ts";

const DURATION_S = 8;
const PICTURE = fileURLToPath(new URL("../../docs/overload.svg", import.meta.url));
const PART = "bench/resilience";

const tell = (line: string): void => console.error(line);
const folder = await mkdtemp(join(tmpdir(), "heddle-resilience-"));
const cores = chooseCores(availableParallelism());
const surroundings = { folder, cores };
try {
  const text = `${await slowEndpoint()}\n\n${await overload()}`;
  console.log(text);
  if (process.argv.includes("--docs")) await renewDocs(PART, `${text}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function slowEndpoint(): Promise<string> {
  const fortio = await obtainFortio(tell);
  if ("missing" in fortio) return `One slow endpoint: not measured. ${fortio.missing}`;
  const tools = { wrk: "", fortio: fortio.file, core: cores.load, folder };
  const rows: SlowEndpointRow[] = [];
  const measure = async (name: string, start: Parameters<typeof measureSlowEndpoint>[1]) => {
    tell(`one slow endpoint of ten: ${name}`);
    rows.push(await measureSlowEndpoint(name, start, tools, DURATION_S, surroundings));
  };
  await measure("Heddle", (ports) => startHeddle(ports, {}, surroundings));
  const nginx = findSystemPart("nginx", "nginx-light");
  if ("missing" in nginx) tell(nginx.missing);
  else {
    await measure("nginx, least_conn", (ports) => startNginx(nginx.file, ports, surroundings));
  }
  const envoy = await obtainEnvoy(tell);
  if ("missing" in envoy) tell(envoy.missing);
  else {
    await measure("Envoy, LEAST_REQUEST", (ports) => startEnvoy(envoy.file, ports, surroundings));
  }
  return slowEndpointTable(rows);
}

async function overload(): Promise<string> {
  tell("overload, with shedding and without");
  const figures = await measureOverload(surroundings);
  if (process.argv.includes("--docs")) await writeFile(PICTURE, plotOverload(figures));
  const row = (name: string, slots: typeof figures.shed): string => {
    const afterMs = recoveredAfterMs(slots);
    const recovered =
      afterMs === undefined ? "not within 11 s" : `${(afterMs / 1_000).toFixed(1)} s`;
    return `| ${name} | ${Math.round(goodputShare(slots) * 100)} % | ${recovered} |`;
  };
  return [
    `Two servers that can serve ${CAPACITY} requests a second are sent three times as many for ` +
      "six seconds, by callers that wait for a second.",
    "",
    "| | answers in time, of the capacity | all well again after |",
    "| --- | ---: | ---: |",
    row("with an adaptive limit", figures.shed),
    row("without", figures.unshed),
    "",
    "![Answers in time per second during an overload](overload.svg)",
  ].join("\n");
}
