/** What the operator holds in memory in a large cluster: at its start, and some time after. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnApiServer } from "../../test/kubernetes/harness/api-server.ts";
import { statusNumber } from "../peers/process-cost.ts";
import { type ClusterSize, fillCluster } from "./cluster.ts";
import { rssMb, startOperator } from "./measure-changes.ts";

export const LARGE: ClusterSize = {
  serviceCount: 1_000,
  endpointsPerService: 10,
  namespaceCount: 50,
  nodeCount: 200,
  hasPods: true,
};

const SETTLE_MS = 20_000;

export interface MemoryFigures {
  readonly podCount: number;
  readonly serviceCount: number;
  readonly startMs: number;
  /** The most that it ever had. */
  readonly peakMb: number;
  readonly settledMb: number;
}

export async function measureMemory(
  api: OwnApiServer,
  operatorProgram: string,
  tell: (line: string) => void,
): Promise<MemoryFigures> {
  const podCount = LARGE.serviceCount * LARGE.endpointsPerService;
  tell(`filling the cluster: ${podCount} pods, ${LARGE.serviceCount} services`);
  await fillCluster(api, LARGE);
  tell("starting the operator");
  const startMs = performance.now();
  const operator = await startOperator(api, operatorProgram);
  const tookMs = performance.now() - startMs;
  try {
    await sleep(SETTLE_MS);
    const status = readFileSync(`/proc/${operator.pid}/status`, "utf8");
    return {
      podCount,
      serviceCount: LARGE.serviceCount,
      startMs: tookMs,
      peakMb: statusNumber(status, "VmHWM") / 1_024,
      settledMb: rssMb(operator.pid),
    };
  } finally {
    await operator.stop();
  }
}
