/**
 * The process as a `ProgramIo`, and the way to end it: signals become an abort, output is flushed
 * before the exit, and a reader that went away (`heddle get … | head`) is not an error.
 */
import {
  type Program,
  type ProgramIo,
  runProgram,
  type StopSignal,
  type TextOutput,
} from "../program.ts";

const SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** As a shell reports a death by signal: 128 and the signal's number. */
const SIGNAL_EXIT: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

/**
 * Set by a supervisor: its end of our standard input goes away with it, however it dies, and then
 * the program ends as well. Otherwise a killed supervisor would leave programs behind.
 */
export const SUPERVISED_VARIABLE = "HEDDLE_SUPERVISED";

/**
 * One Ctrl-C can arrive twice, from the terminal and from a launcher that passes it on. A person
 * who means it takes longer.
 */
const SAME_SIGNAL_MS = 300;

/** Takes over signals and streams: once per process. */
export function createProcessIo(): ProgramIo {
  const abort = new AbortController();
  let abortedMs = 0;
  const stop = (signal: StopSignal): void => {
    abortedMs = performance.now();
    abort.abort(signal);
  };
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (!abort.signal.aborted) stop(signal);
      else if (performance.now() - abortedMs > SAME_SIGNAL_MS) process.exit(SIGNAL_EXIT[signal]);
    });
  }
  if (process.env[SUPERVISED_VARIABLE] === "1") {
    process.stdin.on("end", () => stop("SIGTERM")).on("error", () => stop("SIGTERM"));
    process.stdin.resume();
  }
  return {
    stdout: createOutput(process.stdout, () => process.exit(0)),
    // Whoever read the log is gone; traffic goes on.
    stderr: createOutput(process.stderr, () => {}),
    env: process.env,
    workingFolder: process.cwd(),
    selfCommand: [process.execPath, ...process.execArgv, process.argv[1] ?? ""],
    stop: abort.signal,
    readStdin,
  };
}

/** Runs the program as this process, and ends the process with its code. */
export async function runAsProcess(program: Program, args: readonly string[]): Promise<never> {
  const io = createProcessIo();
  const code = await runProgram(program, args, io);
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(code);
}

function createOutput(stream: NodeJS.WriteStream, onReaderGone: () => void): TextOutput {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    onReaderGone();
  });
  return {
    write: (text) => stream.write(text),
    drained: () =>
      stream.writableNeedDrain
        ? new Promise<void>((resolve) => {
            stream.once("drain", resolve);
          })
        : Promise.resolve(),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80;
    },
  };
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

async function readStdin(bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > bytesMax) throw new Error(`standard input is longer than ${bytesMax} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}
