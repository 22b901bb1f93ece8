/** Progress for people, line by line, on standard error: standard output is for results. */
import type { ProgramIo } from "../../base/program.ts";
import { choosePaint, type Paint, type Tone } from "../output/paint.ts";
import { printable } from "../output/printable.ts";

type Mark = "done" | "same" | "gone" | "warning" | "failed";

const MARKS: Readonly<Record<Mark, readonly [mark: string, tone: Tone]>> = {
  done: ["✓", "good"],
  same: ["·", "dim"],
  gone: ["-", "warn"],
  warning: ["‼", "warn"],
  failed: ["✗", "bad"],
};

export class Report {
  readonly #stderr: ProgramIo["stderr"];
  readonly #paint: Paint;

  constructor({ stderr, env }: ProgramIo) {
    this.#stderr = stderr;
    this.#paint = choosePaint({ isTerminal: stderr.isTerminal, environment: env });
  }

  line(mark: Mark, text: string, hint = ""): void {
    const [sign, tone] = MARKS[mark];
    this.#stderr.write(`${this.#paint(tone, sign)} ${printable(text)}\n`);
    if (hint !== "") this.#stderr.write(`    ${this.#paint("dim", printable(hint))}\n`);
  }

  say(text: string): void {
    this.#stderr.write(`${printable(text)}\n`);
  }
}
