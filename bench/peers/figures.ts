/** The figures of one run, as they are written to JSON, and the arithmetic over rounds. */
import { EVERYTHING } from "./heddle.ts";
import type { Machine } from "./machine.ts";

export interface Cost {
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
  /** `cpuUsPerRequest` of each round, in order. */
  readonly roundsUs?: readonly number[];
}

export interface FixedRate extends Cost {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}

export interface Footprint {
  /** From its start as a process to its first answer with 200. */
  readonly startMs: number;
  readonly idleMb: number;
  /** With `connections` open and idle, each of which carried one request. */
  readonly connectedMb: number;
  readonly idleCpuPercent: number;
  readonly wakesPerSecond: number;
}

export interface Figures {
  readonly name: string;
  readonly version: string;
  readonly saturation?: Cost;
  readonly fixedRate?: FixedRate;
  readonly footprint?: Footprint;
}

export interface Results {
  readonly when: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly settings: Settings;
  /** Warnings about the run: a busy machine, rounds that failed. */
  readonly notes: readonly string[];
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
  readonly contenders: readonly Figures[];
  /** The backends asked without any proxy, by the same tool in the same rounds. */
  readonly direct?: FixedRate;
  readonly scale?: readonly ScaleFigures[];
}

/** Heddle with many of something beside Heddle with few. */
export interface ScaleFigures {
  readonly what: string;
  readonly fewUsPerRequest: number;
  readonly manyUsPerRequest: number;
  readonly ratio: number;
  /** What the load came to: about the same on both sides where it was set. */
  readonly fewPerSecond: number;
  readonly manyPerSecond: number;
  /** To servers, when it was over. */
  readonly fewConnections: number;
  readonly manyConnections: number;
}

export interface Settings {
  readonly rounds: number;
  readonly durationS: number;
  readonly connections: number;
  readonly idleConnections: number;
  /** Requests a second of the fixed-rate part. */
  readonly rate: number;
}

/** The middle one; the mean of the two middle ones where there is none. NaN for nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of one field over rounds, field by field. */
export function medianOf<K extends string>(
  rounds: readonly Readonly<Record<K, number>>[],
  fields: readonly K[],
): Record<K, number> {
  const entries = fields.map((field) => [field, median(rounds.map((round) => round[field]))]);
  // `fields` lists every key of K.
  return Object.fromEntries(entries) as Record<K, number>;
}

/**
 * What one costs by the other: the median over rounds, in each of which they took turns. Whatever
 * else the machine did for a while fell on both, and is out of it. Undefined without both.
 */
export function ratioOf(cost: Cost | undefined, base: Cost | undefined): number | undefined {
  if (cost === undefined || base === undefined) return undefined;
  const [rounds, baseRounds] = [cost.roundsUs ?? [], base.roundsUs ?? []];
  const ratios = rounds.map((us, round) => us / (baseRounds[round] ?? Number.NaN));
  // A round that failed is missing on one side: then nobody knows which belong together.
  return rounds.length > 0 && rounds.length === baseRounds.length
    ? median(ratios)
    : cost.cpuUsPerRequest / base.cpuUsPerRequest;
}

export interface Bar {
  readonly what: string;
  readonly limit: number;
  readonly unit: string;
  /** Absent when something needed for it was not measured. */
  readonly value?: number;
}

/** What Heddle is held to. A bar without its peer on this machine has no value. */
export function judge(results: Results): readonly Bar[] {
  const of = (name: string) => results.contenders.find((one) => one.name === name);
  const heddle = of("heddle");
  const over = (name: string, base: string) => ratioOf(of(name)?.saturation, of(base)?.saturation);
  const latency = (field: "p50Us" | "p99Us" | "p999Us") =>
    divide(heddle?.fixedRate?.[field], of("envoy")?.fixedRate?.[field]);
  const bars: readonly (readonly [string, number, string, number | undefined])[] = [
    ["CPU per request against nginx", 1.25, "×", over("heddle", "nginx")],
    ["CPU per request against Envoy", 0.55, "×", over("heddle", "envoy")],
    ["everything configured, against Heddle", 1.15, "×", over(EVERYTHING, "heddle")],
    ["everything configured, against nginx", 1.4, "×", over(EVERYTHING, "nginx")],
    ["private memory, idle", 24, "MB", heddle?.footprint?.idleMb],
    [
      `private memory, ${results.settings.idleConnections} connections`,
      32,
      "MB",
      heddle?.footprint?.connectedMb,
    ],
    ["start to first answer", 300, "ms", heddle?.footprint?.startMs],
    ["idle CPU", 0.1, "%", heddle?.footprint?.idleCpuPercent],
    ["wakes per second, idle", 2, "/s", heddle?.footprint?.wakesPerSecond],
    ["latency p50 against Envoy", 1, "×", latency("p50Us")],
    ["latency p99 against Envoy", 1, "×", latency("p99Us")],
    ["latency p99.9 against Envoy", 1, "×", latency("p999Us")],
  ];
  return bars.map(([what, limit, unit, value]) =>
    value === undefined ? { what, limit, unit } : { what, limit, unit, value },
  );
}

/**
 * However much there is to choose from, a request costs about as much: with the same number of
 * open connections, because each costs something by itself.
 */
export function judgeScale(scale: readonly ScaleFigures[]): readonly Bar[] {
  return scale
    .filter((row) => row.manyConnections <= row.fewConnections * SAME_CONNECTIONS_MAX)
    .map(({ what, ratio }) => ({ what, limit: 1.1, unit: "×", value: ratio }));
}

/** Up to here they are called the same number. */
const SAME_CONNECTIONS_MAX = 1.05;

export function isMet(bar: Bar): boolean {
  return bar.value !== undefined && bar.value <= bar.limit;
}

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}
