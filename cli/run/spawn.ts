/**
 * Starting another program of Heddle as a process, behind an interface that a test can fake.
 *
 * The child gets a session of its own, so that Ctrl-C in a terminal reaches the supervisor alone,
 * which then stops the children in order. It also gets a standard input that is never written: when
 * the supervisor dies, however it dies, that input ends and the child ends itself.
 */
import { spawn } from "node:child_process";
import type { Environment } from "../../base/program.ts";

export interface SpawnedProcess {
  /** Undefined when it could not even be started. */
  readonly pid: number | undefined;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
}

export interface SpawnEvents {
  /** Bytes of its standard output or standard error. */
  output(bytes: Uint8Array): void;
  /** Called once, after the last output. `how` is for people: `exit code 1`, `SIGKILL`. */
  ended(how: string): void;
}

/** Starts Heddle with `args`. Never throws: what goes wrong ends it at once. */
export type Spawn = (args: readonly string[], events: SpawnEvents) => SpawnedProcess;

/** Tells a program that it has a supervisor, and ends when its standard input does. */
export const SUPERVISED_VARIABLE = "HEDDLE_SUPERVISED";

export interface SpawnOptions {
  /** The runtime and what it is to run, such as `["/usr/bin/node", "bin/heddle.js"]`. */
  readonly command: readonly [string, ...string[]];
  readonly workingFolder: string;
  readonly env: Environment;
}

export function createSpawn(options: SpawnOptions): Spawn {
  const [file, ...before] = options.command;
  return (args, events) => {
    const child = spawn(file, [...before, ...args], {
      cwd: options.workingFolder,
      env: { ...options.env, [SUPERVISED_VARIABLE]: "1" },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    let hasEnded = false;
    const end = (how: string): void => {
      if (hasEnded) return;
      hasEnded = true;
      events.ended(how);
    };
    child.stdout.on("data", (bytes: Buffer) => events.output(bytes));
    child.stderr.on("data", (bytes: Buffer) => events.output(bytes));
    // Writing never happens, but the pipe may still report that its reader went away.
    child.stdin.on("error", () => {});
    child.on("error", (error) => {
      if (child.pid === undefined) end(`could not be started: ${error.message}`);
    });
    child.on("close", (code, signal) => end(signal ?? `exit code ${code ?? "unknown"}`));
    return { pid: child.pid, signal: (signal) => void child.kill(signal) };
  };
}
