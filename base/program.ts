/**
 * What every program of Heddle is to the one that starts it: a name, and a function from arguments
 * to an exit code. Whatever it needs of the process comes in through `ProgramIo`, so that tests run
 * whole programs without one.
 */

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The codes of the operating system's convention (sysexits.h) that we use, and no others. */
export const EXIT = {
  ok: 0,
  /** It ran and found something wrong, or could not do what it was asked. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Something that it needs is not there: another program, a newer Node. */
  unavailable: 69,
  /** A defect of ours. */
  internal: 70,
} as const;

/** One of the standard streams, for text. */
export interface TextOutput {
  /** False asks the caller to wait for `drained` before writing much more. */
  write(text: string): boolean;
  drained(): Promise<void>;
  readonly isTerminal: boolean;
  /** Width of the terminal; 80 when it is none. */
  readonly columns: number;
}

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface ProgramIo {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Environment;
  /** The folder that relative paths are relative to. */
  readonly workingFolder: string;
  /** The command that starts Heddle again as it was started now: its file and first arguments. */
  readonly selfCommand: readonly [file: string, ...args: string[]];
  /**
   * Aborted, with a `StopSignal` as its reason, when somebody asks the program to end. The program
   * then finishes in good order and returns its code. A second signal ends the process at once.
   */
  readonly stop: AbortSignal;
  /** All of standard input as UTF-8; rejects when it is longer than `bytesMax`. */
  readStdin(bytesMax: number): Promise<string>;
}

/**
 * Each product's `main.ts` exports one by its own name: `operator`, `proxy`, `cli`. The command
 * line's verbs are Programs as well.
 */
export interface Program {
  /** As it is typed: `operator`, `proxy`, `get`; empty for `heddle` itself. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Resolves to the exit code. `args` are what follows the program's name. */
  run(args: readonly string[], io: ProgramIo): Promise<number>;
}

/** The command line is wrong. The message says what and names the nearest right thing. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something else has to be mended before this can work. The message says what. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/**
 * Runs a program and turns what it throws into one line for a person and an exit code. Only a
 * defect shows a stack.
 */
export async function runProgram(
  program: Program,
  args: readonly string[],
  io: ProgramIo,
): Promise<number> {
  const typed = program.name === "" ? "heddle" : `heddle ${program.name}`;
  try {
    return await program.run(args, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(`${typed}: ${error.message}\nTry "${typed} --help".\n`);
      return EXIT.usage;
    }
    if (error instanceof ProgramError) {
      io.stderr.write(`${typed}: ${error.message}\n`);
      return error.exitCode;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.stderr.write(`${typed}: this is a defect of Heddle, report it\n${text}\n`);
    return EXIT.internal;
  }
}

/** Resolves when the signal is aborted; at once if it already is. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
