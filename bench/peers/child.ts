/**
 * Child processes of the bench: pinned to a core, their output in a file, and ended by their id
 * however the bench itself ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const STOP_GRACE_MS = 3_000;
const LOG_TAIL_BYTES = 2_000;

const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

export interface StartOptions {
  readonly name: string;
  readonly core: number;
  readonly command: readonly [file: string, ...args: string[]];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Child {
  readonly name: string;
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #logFile: string;
  readonly #ended: Promise<void>;

  constructor(name: string, child: ChildProcess, pid: number, logFile: string) {
    this.name = name;
    this.pid = pid;
    this.#process = child;
    this.#logFile = logFile;
    this.#ended = new Promise((resolve) => {
      child.once("exit", () => {
        living.delete(child);
        resolve();
      });
    });
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The last of what it printed, for the message when it fails. */
  logTail(): string {
    return readFileSync(this.#logFile, "utf8").slice(-LOG_TAIL_BYTES).trim();
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.#process.kill("SIGTERM");
    const grace = new AbortController();
    await Promise.race([
      this.#ended,
      sleep(STOP_GRACE_MS, undefined, { signal: grace.signal }).catch(() => {}),
    ]);
    grace.abort();
    if (!this.hasEnded) this.#process.kill("SIGKILL");
    await this.#ended;
  }
}

/** `taskset` becomes the command itself, so the id is the command's. */
export function startChild(options: StartOptions): Child {
  const log = openSync(options.logFile, "a");
  const child = spawn("taskset", ["-c", String(options.core), ...options.command], {
    stdio: ["ignore", log, log],
    env: { ...process.env, ...options.env },
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${options.name}: could not be started`);
  living.add(child);
  return new Child(options.name, child, child.pid, options.logFile);
}
