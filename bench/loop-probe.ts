/**
 * Loaded into a proxy before its own program (`node --import`): measures how late the loop runs.
 * On SIGUSR2 it writes what it saw since the last time to the file named by HEDDLE_PROBE_FILE.
 */
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** The monitor's own timer: a delay is what comes on top of it. */
const RESOLUTION_MS = 1;

export interface LoopReport {
  readonly maxDelayMs: number;
  readonly p99DelayMs: number;
  /** Processor time of the loop's thread: no turn can have been longer than all of it. */
  readonly cpuMs: number;
}

const file = process.env.HEDDLE_PROBE_FILE;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let usage = process.threadCpuUsage();
delay.enable();

process.on("SIGUSR2", () => {
  const used = process.threadCpuUsage(usage);
  const report: LoopReport = {
    maxDelayMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
    p99DelayMs: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
    cpuMs: (used.user + used.system) / 1000,
  };
  if (file !== undefined) {
    writeFileSync(`${file}.new`, JSON.stringify(report));
    renameSync(`${file}.new`, file);
  }
  delay.reset();
  usage = process.threadCpuUsage();
});
