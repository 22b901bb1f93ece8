/** The world of a verb that runs inside a test: answers are a table, time stands still. */

import { ManualClock } from "../base/clock.ts";
import { defineCommand } from "../base/flags.ts";
import { MemoryIo, type MemoryIoOptions } from "../base/memory-io.ts";
import { EXIT, ProgramError } from "../base/program.ts";
import { createSeededRandom } from "../base/random.ts";
import { ManualTimers } from "../base/timers.ts";
import { type HttpAnswer, HttpError, type HttpGet } from "./api/http.ts";
import type { Cluster, Clusters } from "./cluster/cluster.ts";
import type { CommandContext } from "./command.ts";
import { VERBS } from "./main.ts";
import type { Listen } from "./run/reserve-ports.ts";
import type { SpawnEvents } from "./run/spawn.ts";

/** 2026-03-01T12:00:00Z. */
export const WALL_MS = 1_772_366_400_000;

const OPERATOR = defineCommand({
  name: "operator",
  summary: "an operator",
  positionals: [{ name: "DIR", completes: "folders" }],
  flags: { state: { kind: "string", help: "its state" } },
});
const WEBHOOK = defineCommand({
  name: "webhook",
  summary: "a webhook",
  flags: { "tls-folder": { kind: "string", completes: "folders", help: "its certificate" } },
});
const PROXY = defineCommand({
  name: "proxy",
  summary: "a proxy",
  flags: { "access-log": { kind: "enum", values: ["off", "json"], help: "its log" } },
});
const INIT = defineCommand({
  name: "init",
  summary: "redirect",
  flags: { undo: { kind: "boolean", help: "take it back" } },
});

export interface MemoryContextOptions extends MemoryIoOptions {
  /**
   * What is answered, by port and path without the query: `4192/objects`. A text is sent as it
   * is, anything else as JSON, a function decides. What is not here is refused.
   */
  readonly answers?: Readonly<Record<string, MemoryAnswer>>;
  readonly listen?: Listen;
  /** The one that is known; absent where none is. */
  readonly cluster?: Cluster;
}

export type MemoryAnswer = string | object | (() => HttpAnswer);

export interface MemoryContext extends CommandContext {
  readonly io: MemoryIo;
  readonly timers: ManualTimers;
  /** Every question, in order: `4192/objects?kind=TrafficSplit`. */
  readonly asked: readonly string[];
  /** Every program that was started, in order. */
  readonly spawned: readonly MemoryProcess[];
}

export interface MemoryProcess {
  readonly args: readonly string[];
  readonly events: SpawnEvents;
  readonly signals: string[];
}

export function createMemoryContext(options: MemoryContextOptions = {}): MemoryContext {
  const io = new MemoryIo(options);
  const timers = new ManualTimers(new ManualClock(0, WALL_MS));
  const asked: string[] = [];
  const spawned: MemoryProcess[] = [];
  let port = 40_000;
  const get: HttpGet = (address, path) => {
    asked.push(`${address.port}${path}`);
    const answer = options.answers?.[`${address.port}${path.split("?")[0] ?? ""}`];
    if (answer === undefined) {
      return Promise.reject(new HttpError("refused", "nothing listens there"));
    }
    if (typeof answer === "function") return Promise.resolve(answer());
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    return Promise.resolve({ status: 200, text });
  };
  const listen: Listen = (address) => {
    if (address.port === 0) port += 1;
    const real = address.port === 0 ? port : address.port;
    return Promise.resolve({ port: real, release: () => Promise.resolve() });
  };
  return {
    io,
    clock: timers.clock,
    timers,
    random: createSeededRandom(1),
    get,
    post: (address, path) => get(address, `POST ${path}`),
    clusters: memoryClusters(options.cluster),
    listen: options.listen ?? listen,
    createSpawn: () => (args, events) => {
      const process: MemoryProcess = { args, events, signals: [] };
      spawned.push(process);
      return { pid: spawned.length, signal: (signal) => void process.signals.push(signal) };
    },
    verbs: VERBS,
    products: {
      operator: () => Promise.resolve(OPERATOR),
      webhook: () => Promise.resolve(WEBHOOK),
      proxy: () => Promise.resolve(PROXY),
      init: () => Promise.resolve(INIT),
    },
    asked,
    spawned,
  };
}

/** Whatever is chosen, it is this one. */
function memoryClusters(cluster: Cluster | undefined): Clusters {
  return {
    isKnown: () => Promise.resolve(cluster !== undefined),
    connect: () =>
      cluster === undefined
        ? Promise.reject(new ProgramError("no cluster is known", EXIT.unavailable))
        : Promise.resolve(cluster),
  };
}
