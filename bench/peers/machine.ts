/** What the bench runs on: recorded beside every figure, because figures mean nothing without. */
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly coreCount: number;
  readonly memoryMb: number;
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
  readonly congestionControl: string;
}

/** The proxy has a core to itself; load and backends share another where there is one. */
export interface Cores {
  readonly proxy: number;
  readonly load: number;
  readonly backend: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    coreCount: availableParallelism(),
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    arch: arch(),
    node: process.version,
    congestionControl: readFirstLine("/proc/sys/net/ipv4/tcp_congestion_control"),
  };
}

export function chooseCores(coreCount: number): Cores {
  if (coreCount < 2) return { proxy: 0, load: 0, backend: 0 };
  return { proxy: 0, load: 1, backend: coreCount > 2 ? 2 : 1 };
}

/** Processes that wanted to run over the last minute, on average. */
export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

function readFirstLine(path: string): string {
  try {
    return readFileSync(path, "utf8").split("\n")[0] ?? "";
  } catch {
    return "unknown";
  }
}
