/**
 * Measures the contenders against each other: all are up at once, the load goes to one after the
 * other, and the order turns from round to round, so that whatever else the machine does falls on
 * all of them alike.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";
import { holdConnections, waitUntilAnswers } from "./client.ts";
import type { Contender, Place } from "./contender.ts";
import type { Cost, FixedRate, Footprint } from "./figures.ts";
import { median, medianOf } from "./figures.ts";
import { type LoadTools, loadAtRate, saturate } from "./load.ts";
import { type ProcessCost, readCost } from "./process-cost.ts";

const START_MS_MAX = 15_000;
/** Enough for every hot function to be compiled for good, however busy the machine. */
const WARM_UP_REQUESTS = 100_000;
const WARM_UP_S_MAX = 10;
/** After start or after connecting: what was needed for that alone is given back. */
const SETTLE_MS = 2_000;
/** Engines compile on in the background for seconds after a start; that is not idling. */
const IDLE_AFTER_MS = 10_000;

export interface Entry {
  readonly contender: Contender;
  readonly place: Place;
}

/** One process on a port: a contender, or the backends themselves. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly child: Child;
}

/** Fresh processes, one contender at a time: start, idle, then with connections held open. */
export async function measureFootprint(
  entry: Entry,
  idleS: number,
  connectionCount: number,
): Promise<Footprint> {
  const startsMs = [await timeStart(entry), await timeStart(entry)];
  const child = entry.contender.start(entry.place);
  try {
    startsMs.push(await waitUntilAnswers(entry.place.port, child, START_MS_MAX));
    await sleep(IDLE_AFTER_MS);
    const before = readCost(child.pid);
    await sleep(idleS * 1000);
    const after = readCost(child.pid);
    const sockets = await holdConnections(entry.place.port, connectionCount);
    await sleep(SETTLE_MS);
    const connected = readCost(child.pid);
    for (const socket of sockets) socket.destroy();
    return {
      startMs: median(startsMs),
      idleMb: after.privateKb / 1024,
      connectedMb: connected.privateKb / 1024,
      idleCpuPercent: (after.cpuNs - before.cpuNs) / 1e7 / idleS,
      wakesPerSecond: (after.wakeCount - before.wakeCount) / idleS,
    };
  } finally {
    await child.stop();
  }
}

async function timeStart(entry: Entry): Promise<number> {
  const child = entry.contender.start(entry.place);
  try {
    return await waitUntilAnswers(entry.place.port, child, START_MS_MAX);
  } finally {
    await child.stop();
  }
}

/** Starts a contender and brings it to speed: compiled, pooled. */
export async function startWarm(
  entry: Entry,
  tools: LoadTools,
  connections: number,
): Promise<Target> {
  const child = entry.contender.start(entry.place);
  try {
    await waitUntilAnswers(entry.place.port, child, START_MS_MAX);
    let requestCount = 0;
    for (let second = 0; second < WARM_UP_S_MAX && requestCount < WARM_UP_REQUESTS; second++) {
      requestCount += (await saturate(tools, entry.place.port, connections, 1)).requestCount;
    }
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { name: entry.contender.name, port: entry.place.port, child };
}

export interface RoundSettings {
  readonly rounds: number;
  readonly durationS: number;
  readonly connections: number;
  readonly tell: (line: string) => void;
  /** Told once for a contender that failed; it takes no part in what is left. */
  readonly onFailure: (name: string, reason: string) => void;
}

export async function measureSaturation(
  targets: readonly Target[],
  tools: LoadTools,
  settings: RoundSettings,
): Promise<ReadonlyMap<string, Cost>> {
  const { connections, durationS } = settings;
  const samples = await goRound(targets, settings, async (target) => {
    const before = readCost(target.child.pid);
    const run = await saturate(tools, target.port, connections, durationS);
    return {
      cpuUsPerRequest: cpuUsSince(before, target) / run.requestCount,
      requestsPerSecond: run.requestsPerSecond,
    };
  });
  return mapValues(samples, (rounds) => ({
    ...medianOf(rounds, ["cpuUsPerRequest", "requestsPerSecond"]),
    roundsUs: rounds.map(({ cpuUsPerRequest }) => cpuUsPerRequest),
  }));
}

export async function measureAtRate(
  targets: readonly Target[],
  tools: LoadTools,
  rate: number,
  settings: RoundSettings,
): Promise<ReadonlyMap<string, FixedRate>> {
  const { connections, durationS } = settings;
  const samples = await goRound(targets, settings, async (target) => {
    const before = readCost(target.child.pid);
    const run = await loadAtRate(tools, target.port, connections, rate, durationS);
    const { p50Us, p99Us, p999Us, requestsPerSecond } = run;
    const cpuUsPerRequest = cpuUsSince(before, target) / run.requestCount;
    return { cpuUsPerRequest, requestsPerSecond, p50Us, p99Us, p999Us };
  });
  return mapValues(samples, (rounds) => ({
    ...medianOf(rounds, ["cpuUsPerRequest", "requestsPerSecond", "p50Us", "p99Us", "p999Us"]),
    roundsUs: rounds.map(({ cpuUsPerRequest }) => cpuUsPerRequest),
  }));
}

function cpuUsSince(before: ProcessCost, target: Target): number {
  return (readCost(target.child.pid).cpuNs - before.cpuNs) / 1000;
}

async function goRound<T>(
  targets: readonly Target[],
  settings: RoundSettings,
  measure: (target: Target) => Promise<T>,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const samples = new Map<string, T[]>(targets.map((target) => [target.name, []]));
  const fail = (target: Target, error: unknown): void => {
    samples.delete(target.name);
    settings.onFailure(target.name, error instanceof Error ? error.message : String(error));
  };
  for (let round = 0; round < settings.rounds; round++) {
    for (let turn = 0; turn < targets.length; turn++) {
      const target = targets[(turn + round) % targets.length];
      const taken = target === undefined ? undefined : samples.get(target.name);
      if (target === undefined || taken === undefined) continue;
      const sample = await measure(target).catch((error) => fail(target, error));
      if (sample === undefined) continue;
      taken.push(sample);
      settings.tell(`  round ${round + 1} of ${settings.rounds}, ${target.name}: ${brief(sample)}`);
    }
  }
  return samples;
}

function brief(sample: unknown): string {
  if (typeof sample !== "object" || sample === null) return String(sample);
  return Object.entries(sample)
    .map(([name, value]) => `${name} ${typeof value === "number" ? value.toFixed(1) : value}`)
    .join(", ");
}

function mapValues<A, B>(
  map: ReadonlyMap<string, A>,
  change: (value: A) => B,
): ReadonlyMap<string, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
