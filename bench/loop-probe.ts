/**
 * Loaded into a proxy before its own program (`node --import`): measures how late the loop runs.
 * On SIGWINCH it writes what it saw since the last time to the file named by HEDDLE_PROBE_FILE.
 *
 * Two measures, because a busy machine takes the processor away in the middle of a turn: how late
 * the monitor's timer was, and how much processor time the thread used between two ticks.
 */
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Of the ticks: a delay is what comes on top of it. */
const TICK_MS = 1;

export interface LoopReport {
  /** The longest that anything had to wait for the loop. */
  readonly maxDelayMs: number;
  /** The most processor time between two ticks: no turn took longer by itself. */
  readonly maxTurnCpuMs: number;
  /** Processor time of the loop's thread over the whole time, the probe's own included. */
  readonly cpuMs: number;
}

const file = process.env.HEDDLE_PROBE_FILE;
const delay = monitorEventLoopDelay({ resolution: TICK_MS });
delay.enable();

let startCpuMs = threadCpuMs();
let lastCpuMs = startCpuMs;
let maxTurnCpuMs = 0;
setInterval(() => {
  const nowCpuMs = threadCpuMs();
  maxTurnCpuMs = Math.max(maxTurnCpuMs, nowCpuMs - lastCpuMs);
  lastCpuMs = nowCpuMs;
}, TICK_MS).unref();

process.on("SIGWINCH", () => {
  const report: LoopReport = {
    maxDelayMs: Math.max(0, delay.max / 1e6 - TICK_MS),
    maxTurnCpuMs,
    cpuMs: threadCpuMs() - startCpuMs,
  };
  if (file !== undefined) {
    writeFileSync(`${file}.new`, JSON.stringify(report));
    renameSync(`${file}.new`, file);
  }
  delay.reset();
  startCpuMs = threadCpuMs();
  lastCpuMs = startCpuMs;
  maxTurnCpuMs = 0;
});

function threadCpuMs(): number {
  const used = process.threadCpuUsage();
  return (used.user + used.system) / 1000;
}
