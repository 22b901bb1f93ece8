/**
 * Threads that run this same program with the same arguments, each with its own loop and heap. A
 * thread finds out what it is by `WORKER_VARIABLE`, so that a program without threads never loads
 * this.
 */
import { parentPort, Worker, workerData } from "node:worker_threads";
import {
  LINK_VARIABLE,
  LISTEN_COUNT_VARIABLE,
  LISTEN_NAMES_VARIABLE,
  LISTEN_PID_VARIABLE,
} from "../listen-variables.ts";
import type { Thread, ThreadEvents, ThreadPort } from "../thread-port.ts";
import { WORKER_VARIABLE } from "../worker-variable.ts";
import { SUPERVISED_VARIABLE } from "./process.ts";

/** What belongs to the process and not to one of its threads. */
const NOT_FOR_THREADS = [
  LINK_VARIABLE,
  LISTEN_COUNT_VARIABLE,
  LISTEN_NAMES_VARIABLE,
  LISTEN_PID_VARIABLE,
  SUPERVISED_VARIABLE,
];

/** `data` is copied, but for memory that is made to be shared. */
export function startThread(index: number, data: unknown, events: ThreadEvents): Thread {
  const env: Record<string, string | undefined> = {
    ...process.env,
    [WORKER_VARIABLE]: String(index),
  };
  for (const name of NOT_FOR_THREADS) delete env[name];
  const worker = new Worker(process.argv[1] ?? "", {
    argv: process.argv.slice(2),
    env,
    workerData: data,
  });
  let error: unknown;
  worker.on("message", events.heard);
  worker.once("error", (thrown) => {
    error = thrown;
  });
  worker.once("exit", (code) => events.ended(code, error));
  return { post: (message) => worker.postMessage(message) };
}

/** In a thread: the way to the one that started it, and what it was given. */
export function openThread(): { readonly port: ThreadPort; readonly data: unknown } {
  const port = parentPort;
  if (port === null) throw new Error(`${WORKER_VARIABLE} is set, and this is no thread`);
  return {
    port: {
      post: (message) => port.postMessage(message),
      listen: (heard) => void port.on("message", heard),
    },
    data: workerData,
  };
}

/** How far this thread's `performance.now()` is behind the machine's own steady clock. */
export function steadyOffsetMs(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
