/** One of ten servers is slow by 200 ms: what callers notice of it, beside nine that are well. */
import type { Latency, LoadTools } from "../peers/load.ts";
import { loadAtRate } from "../peers/load.ts";
import { type Running, type Surroundings, startServers } from "./scene.ts";

const COUNT = 10;
const SERVICE_MS = 2;
const SLOWNESS_MS = 200;
const RATE = 500;
const CONNECTIONS = 32;
const WARM_UP_S = 3;

export type StartProxy = (ports: readonly number[]) => Promise<Running>;

export interface SlowEndpointRow {
  readonly name: string;
  /** With the nine that are well alone. */
  readonly well: Latency;
  /** With all ten. */
  readonly slow: Latency;
}

export async function measureSlowEndpoint(
  name: string,
  start: StartProxy,
  tools: LoadTools,
  durationS: number,
  surroundings: Surroundings,
): Promise<SlowEndpointRow> {
  const settings = Array.from({ length: COUNT }, (_, index) => ({
    serviceMs: index === COUNT - 1 ? SERVICE_MS + SLOWNESS_MS : SERVICE_MS,
    concurrency: 1_000,
  }));
  const { ports, child } = await startServers(settings, surroundings);
  try {
    const measure = async (some: readonly number[]): Promise<Latency> => {
      const proxy = await start(some);
      try {
        await loadAtRate(tools, proxy.port, CONNECTIONS, RATE, WARM_UP_S);
        return await loadAtRate(tools, proxy.port, CONNECTIONS, RATE, durationS);
      } finally {
        await proxy.stop();
      }
    };
    return { name, well: await measure(ports.slice(0, -1)), slow: await measure(ports) };
  } finally {
    await child.stop();
  }
}

export function slowEndpointTable(rows: readonly SlowEndpointRow[]): string {
  const ms = (us: number): string => (us / 1_000).toFixed(1);
  const lines = rows.map(
    ({ name, well, slow }) =>
      `| ${name} | ${ms(well.p50Us)} | ${ms(slow.p50Us)} | ${ms(well.p99Us)} ` +
      `| ${ms(slow.p99Us)} | ${ms(well.p999Us)} | ${ms(slow.p999Us)} |`,
  );
  return [
    `${RATE} requests a second over ${CONNECTIONS} connections; milliseconds; *nine*: without ` +
      "the slow one, *ten*: with it",
    "",
    "| proxy | p50, nine | ten | p99, nine | ten | p99.9, nine | ten |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...lines,
  ].join("\n");
}
