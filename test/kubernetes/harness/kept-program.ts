/**
 * A program that runs beside the tests and never outlives them: between the two stands a shell that
 * waits for the end of its own input, which comes however this process ends, and then kills the
 * program and removes its folder.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** Arguments: the folder, the log, the program and its arguments. Prints the program's id. */
const KEEPER = `
exec 3<&0
folder=$1; log=$2; shift 2
"$@" </dev/null >>"$log" 2>&1 &
program=$!
echo "$program"
{ cat <&3 >/dev/null; kill -9 "$program"; wait; rm -rf "$folder"; } 2>/dev/null &
watcher=$!
wait "$program"; code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

const LOG_TAIL_CHARS = 3_000;

export interface KeptOptions {
  readonly name: string;
  readonly command: readonly [file: string, ...args: string[]];
  /** Removed with all that is in it when this process dies. */
  readonly folder: string;
  readonly logFile: string;
}

export class KeptProgram {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly #keeper: ChildProcess;
  readonly #logFile: string;

  private constructor(options: KeptOptions, keeper: ChildProcess, pid: number) {
    this.name = options.name;
    this.pid = pid;
    this.#keeper = keeper;
    this.#logFile = options.logFile;
    this.ended = new Promise((resolve) => {
      if (this.hasEnded) resolve();
      else keeper.once("exit", () => resolve());
    });
  }

  static async start(options: KeptOptions): Promise<KeptProgram> {
    const { folder, logFile, command } = options;
    closeSync(openSync(logFile, "a"));
    const keeper = spawn("sh", ["-c", KEEPER, "keeper", folder, logFile, ...command], {
      stdio: ["pipe", "pipe", "ignore"],
      // What is pressed at a terminal ends us, and we end it.
      detached: true,
    });
    const pid = await new Promise<number>((resolve, reject) => {
      keeper.once("error", reject);
      keeper.stdout?.once("data", (line) => resolve(Number(String(line))));
    });
    return new KeptProgram(options, keeper, pid);
  }

  get hasEnded(): boolean {
    return this.#keeper.exitCode !== null || this.#keeper.signalCode !== null;
  }

  /** The last of what it printed, for the message when it fails. */
  get logTail(): string {
    return readFileSync(this.#logFile, "utf8").slice(-LOG_TAIL_CHARS).trim();
  }

  /** At once, as a machine that fails does: nothing here is worth being saved. */
  async stop(): Promise<void> {
    if (!this.hasEnded) process.kill(this.pid, "SIGKILL");
    await this.ended;
    this.#keeper.stdin?.destroy();
  }
}
