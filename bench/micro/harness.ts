/**
 * Measures one hot function: nanoseconds and bytes allocated per operation. The subject runs its
 * own loop, so that the engine compiles it as it would in the proxy and no call per operation is
 * counted. Run with `node bench/micro/<file>.ts`; `--json` prints one JSON array instead.
 */
import { getHeapStatistics } from "node:v8";

export interface Subject {
  readonly name: string;
  /**
   * Does the operation `times` times and gives back a number that depends on the work, without
   * which the engine may remove it.
   */
  readonly run: (times: number) => number;
}

export interface Measurement {
  readonly name: string;
  /** The quietest run: what the code costs when nothing else has the core. */
  readonly nsMin: number;
  readonly nsMedian: number;
  readonly bytesPerOp: number;
}

export interface MeasureOptions {
  /** Length of one run; the number of operations in it is found by calibration. */
  readonly runMs?: number;
  readonly runCount?: number;
}

/** What the work's results go to, so that they count as used. */
let sink = 0;

export function measure(subject: Subject, options: MeasureOptions = {}): Measurement {
  const { runMs = 40, runCount = 15 } = options;
  const times = calibrate(subject, runMs);
  const samples: number[] = [];
  for (let index = 0; index < runCount; index++) samples.push(timeOnce(subject, times) / times);
  samples.sort((a, b) => a - b);
  return {
    name: subject.name,
    nsMin: samples[0] ?? Number.NaN,
    nsMedian: samples[samples.length >> 1] ?? Number.NaN,
    bytesPerOp: allocatedPerOp(subject, times),
  };
}

/** Measures the subjects in order and prints a table, or JSON when the program was given --json. */
export function runMicroBench(subjects: readonly Subject[], options: MeasureOptions = {}): void {
  const json = process.argv.includes("--json");
  const results: Measurement[] = [];
  if (!json) console.log(`${"".padEnd(52)}${"ns min".padStart(10)}${"median".padStart(10)}   B/op`);
  for (const subject of subjects) {
    const result = measure(subject, options);
    results.push(result);
    if (!json) console.log(formatRow(result));
  }
  if (json) console.log(JSON.stringify(results));
  if (Number.isNaN(sink)) console.error("a subject gave back NaN: its result proves nothing");
}

function formatRow(result: Measurement): string {
  const min = result.nsMin.toFixed(1).padStart(10);
  const median = result.nsMedian.toFixed(1).padStart(10);
  return `${result.name.padEnd(52)}${min}${median}${result.bytesPerOp.toFixed(1).padStart(7)}`;
}

/** Warms the code up and finds how many operations fill a run. */
function calibrate(subject: Subject, runMs: number): number {
  let times = 1;
  for (;;) {
    const ns = timeOnce(subject, times);
    if (ns >= runMs * 1e6) break;
    times = Math.max(times * 2, Math.min(times * 100, Math.ceil((times * runMs * 1e6) / ns)));
  }
  // The engine may have compiled the subject only now: take its speed again before deciding.
  const ns = timeOnce(subject, times);
  return Math.max(1, Math.ceil((times * runMs * 1e6) / ns));
}

function timeOnce(subject: Subject, times: number): number {
  const startNs = process.hrtime.bigint();
  sink += subject.run(times);
  return Math.max(1, Number(process.hrtime.bigint() - startNs));
}

/**
 * The engine counts every byte it ever allocated, so no collection can hide any. The least of a
 * few runs: compilation allocates too, and is not the subject's.
 */
function allocatedPerOp(subject: Subject, times: number): number {
  const overhead = allocatedBy({ name: "", run: () => 0 }, 1);
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < 5; index++) least = Math.min(least, allocatedBy(subject, times));
  return Math.max(0, least - overhead) / times;
}

function allocatedBy(subject: Subject, times: number): number {
  const before = allocatedBytes();
  sink += subject.run(times);
  return allocatedBytes() - before;
}

function allocatedBytes(): number {
  const statistics: { total_allocated_bytes?: number } = getHeapStatistics();
  return statistics.total_allocated_bytes ?? Number.NaN;
}
