/**
 * Starts this program once more, as it was started itself and from what is on disk now, and hands
 * it sockets in the manner of socket activation: from descriptor 3 on, told by `LISTEN_FDS` and
 * `LISTEN_FDNAMES`. Behind them comes one end of a link of lines.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Duplex } from "node:stream";
import {
  LINK_VARIABLE,
  LISTEN_COUNT_VARIABLE,
  LISTEN_FIRST_FD,
  LISTEN_NAMES_VARIABLE,
  LISTEN_PID_VARIABLE,
} from "../listen-variables.ts";
import type { Environment } from "../program.ts";
import { LineLink } from "./link.ts";
import { SUPERVISED_VARIABLE } from "./process.ts";

/** Who wants to be told of readiness knows the first process, and listens to no other. */
const NOTIFY_VARIABLE = "NOTIFY_SOCKET";

export interface SpawnSelfOptions {
  readonly env: Environment;
  readonly sockets: readonly { readonly name: string; readonly fd: number }[];
  readonly said: (line: string) => void;
  /** Once. Never during the call. */
  readonly ended: (code: number) => void;
}

export interface SpawnedSelf {
  readonly pid: number;
  tell(line: string): void;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** Rejects when no process can be had: the program is gone, or too many files are open. */
export async function spawnSelf(options: SpawnSelfOptions): Promise<SpawnedSelf> {
  const { sockets, said, ended } = options;
  const env: Record<string, string | undefined> = { ...options.env };
  env[LISTEN_COUNT_VARIABLE] = String(sockets.length);
  env[LISTEN_NAMES_VARIABLE] = sockets.map(({ name }) => name).join(":");
  env[LINK_VARIABLE] = String(LISTEN_FIRST_FD + sockets.length);
  // Its number is not known before it runs, and its standard input is not ours to share.
  delete env[LISTEN_PID_VARIABLE];
  delete env[SUPERVISED_VARIABLE];
  delete env[NOTIFY_VARIABLE];
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env,
    stdio: ["ignore", "inherit", "inherit", ...sockets.map(({ fd }) => fd), "pipe"],
    // Ctrl-C in a terminal reaches the first process alone, which passes it on.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) {
    throw await new Promise((resolve) => {
      child.once("error", resolve);
    });
  }
  const stream = child.stdio.at(-1);
  const link = stream instanceof Duplex ? new LineLink(stream, said, () => {}) : null;
  // Whatever ends this process at once must not leave another behind.
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  // A signal that could not be sent is no reason to end.
  child.on("error", () => {});
  child.once("exit", (code, signal) => {
    process.removeListener("exit", killWithUs);
    ended(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
  });
  return {
    pid,
    tell: (line) => link?.say(line),
    kill: (signal) => void child.kill(signal),
  };
}
