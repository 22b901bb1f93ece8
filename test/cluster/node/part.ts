/**
 * One program of the cluster, as a process with a log file of its own. A part that ends before it
 * is told to ends the cluster: nothing is started again, for a test would then judge another one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LOG_TAIL_LINES = 30;

export interface PartOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class Parts {
  readonly #logs: string;
  readonly #children: ChildProcess[] = [];
  /** Rejects when one ends by itself. */
  readonly failure: Promise<never>;
  #fail: (error: Error) => void = () => {};

  constructor(logs: string) {
    this.#logs = logs;
    this.failure = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    // Nobody looks before all have been started.
    this.failure.catch(() => {});
  }

  start({ name, command, env = {} }: PartOptions): void {
    const log = openSync(join(this.#logs, `${name}.log`), "a");
    const [file = "", ...args] = command;
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#children.push(child);
    const ended = (how: string): void => {
      this.#fail(new Error(`${name} ended by itself (${how}):\n${this.logTail(name)}`));
    };
    child.on("error", (error) => ended(error.message));
    child.on("exit", (code, signal) => ended(signal ?? `exit code ${code}`));
  }

  logTail(name: string): string {
    const text = readFileSync(join(this.#logs, `${name}.log`), "utf8");
    return text.trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
  }
}
