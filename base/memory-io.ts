/** The standard streams, environment and signals of a program that runs inside a test. */
import type { Environment, ProgramIo, StopSignal, TextOutput } from "./program.ts";

export class MemoryOutput implements TextOutput {
  readonly isTerminal: boolean;
  readonly columns: number;
  #text = "";
  #watchers: (() => void)[] = [];

  constructor(isTerminal = false, columns = 80) {
    this.isTerminal = isTerminal;
    this.columns = columns;
  }

  get text(): string {
    return this.#text;
  }

  write(text: string): boolean {
    this.#text += text;
    for (const watcher of this.#watchers.splice(0)) watcher();
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves when the text so far contains `part`; the test's own time limit ends the wait. */
  async until(part: string | RegExp): Promise<void> {
    const found = (): boolean =>
      typeof part === "string" ? this.#text.includes(part) : part.test(this.#text);
    while (!found()) {
      await new Promise<void>((resolve) => {
        this.#watchers.push(resolve);
      });
    }
  }
}

export interface MemoryIoOptions {
  readonly env?: Environment;
  readonly workingFolder?: string;
  readonly selfCommand?: ProgramIo["selfCommand"];
  readonly stdin?: string;
  readonly isTerminal?: boolean;
}

export class MemoryIo implements ProgramIo {
  readonly stdout: MemoryOutput;
  readonly stderr: MemoryOutput;
  readonly env: Environment;
  readonly workingFolder: string;
  readonly selfCommand: ProgramIo["selfCommand"];
  readonly stop: AbortSignal;
  readonly #stdin: string;
  readonly #abort = new AbortController();

  constructor(options: MemoryIoOptions = {}) {
    this.stdout = new MemoryOutput(options.isTerminal ?? false);
    this.stderr = new MemoryOutput(options.isTerminal ?? false);
    this.env = options.env ?? {};
    this.workingFolder = options.workingFolder ?? "/";
    this.selfCommand = options.selfCommand ?? ["heddle"];
    this.stop = this.#abort.signal;
    this.#stdin = options.stdin ?? "";
  }

  /** What a signal to the process would do. */
  raise(signal: StopSignal): void {
    this.#abort.abort(signal);
  }

  readStdin(bytesMax: number): Promise<string> {
    return this.#stdin.length > bytesMax
      ? Promise.reject(new Error(`standard input is longer than ${bytesMax} bytes`))
      : Promise.resolve(this.#stdin);
  }
}
