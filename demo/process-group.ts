/**
 * The processes of the demo. Each writes its own log file; each is ended by its own id, and each
 * ends by itself when the demo dies, because its standard input does.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

const STOP_GRACE_MS = 20_000;
const LOG_TAIL_LINES = 15;

export interface ProcessOptions {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

export class ProcessGroup {
  readonly #logFolder: string;
  readonly #children = new Map<string, ChildProcess>();
  #isStopping = false;
  /** Rejects when a process ends that nobody asked to. */
  readonly failure: Promise<never>;
  #fail: (error: Error) => void = () => {};

  constructor(logFolder: string) {
    this.#logFolder = logFolder;
    this.failure = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    // Somebody may look only later.
    this.failure.catch(() => {});
  }

  start({ name, command: [file, ...args], env = {} }: ProcessOptions): ChildProcess {
    const log = openSync(join(this.#logFolder, `${name}.log`), "a");
    const child = spawn(file, args, {
      env: { ...process.env, HEDDLE_SUPERVISED: "1", ...env },
      stdio: ["pipe", log, log],
      // Ctrl-C reaches the demo alone, which then ends everything in order.
      detached: true,
    });
    closeSync(log);
    child.stdin?.on("error", () => {});
    this.#children.set(name, child);
    const ended = (how: string): void => {
      this.#children.delete(name);
      if (this.#isStopping) return;
      this.#fail(new Error(`${name} ended by itself (${how}):\n${this.logTail(name)}`));
    };
    child.on("error", (error) => ended(error.message));
    child.on("exit", (code, signal) => ended(signal ?? `exit code ${code}`));
    return child;
  }

  logTail(name: string): string {
    const lines = readFileSync(join(this.#logFolder, `${name}.log`), "utf8")
      .trimEnd()
      .split("\n");
    return lines.slice(-LOG_TAIL_LINES).join("\n");
  }

  /** Resolves when all are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#children.values()].map(stopOne));
  }
}

function stopOne(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
    child.once("exit", () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
