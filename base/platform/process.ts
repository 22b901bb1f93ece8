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

/** Takes over signals and streams: once per process. */
export function createProcessIo(): ProgramIo {
  const abort = new AbortController();
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(SIGNAL_EXIT[signal]);
      abort.abort(signal);
    });
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
