/** A program that is run to its end, and that ends with this process if that ends first. */
import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";

const OUTPUT_TAIL_CHARS = 500;

const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

export interface RunOptions {
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absent: this process's own. */
  readonly folder?: string;
  /** Lets everything else on the machine go first. */
  readonly isGentle?: boolean;
}

/** Resolves to what it printed; rejects with the end of that when it fails. */
export function runToEnd(
  command: readonly [file: string, ...args: string[]],
  timeoutMs: number,
  options: RunOptions = {},
): Promise<string> {
  const [file, ...args] = command;
  const { env, folder, isGentle = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      timeout: timeoutMs,
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    living.add(child);
    if (isGentle && child.pid !== undefined) setPriority(child.pid, 10);
    let output = "";
    const take = (chunk: unknown): void => {
      output += String(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", (error) => {
      living.delete(child);
      reject(error);
    });
    child.once("close", (code, signal) => {
      living.delete(child);
      const tail = output.slice(-OUTPUT_TAIL_CHARS).trim();
      if (code === 0) resolve(output);
      else reject(new Error(`${file} ended with ${code ?? signal}: ${tail}`));
    });
  });
}
