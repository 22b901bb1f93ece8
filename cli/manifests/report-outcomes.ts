/** What was done with each workload, for people: on standard error, since the manifests go out. */
import { EXIT, type ProgramIo } from "../../base/program.ts";
import { choosePaint, type Tone } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { count } from "../output/units.ts";
import type { WorkloadOutcome } from "./edit-workloads.ts";

type Verdict = WorkloadOutcome["verdict"];

const MARKS: Readonly<Record<Verdict, readonly [mark: string, tone: Tone]>> = {
  done: ["✓", "good"],
  left: ["·", "dim"],
  passed: ["‼", "warn"],
  mistake: ["✗", "bad"],
};

export interface ReportOptions {
  /** `injected`, for the count. */
  readonly done: string;
  readonly fileCount: number;
  /** Only what went wrong. */
  readonly quiet: boolean;
  /** What could not be done is as bad as a mistake. */
  readonly strict: boolean;
}

/** Returns the exit code. */
export function reportOutcomes(
  outcomes: readonly WorkloadOutcome[],
  { stderr, env }: ProgramIo,
  { done, fileCount, quiet, strict }: ReportOptions,
): number {
  const paint = choosePaint({ isTerminal: stderr.isTerminal, environment: env });
  for (const { label, verdict, text, hint, notes } of outcomes) {
    const isBad = verdict === "passed" || verdict === "mistake";
    if (quiet && !isBad && notes.length === 0) continue;
    const [mark, tone] = MARKS[verdict];
    stderr.write(`${paint(tone, mark)} ${printable(`${label}: ${text}`)}\n`);
    if (hint !== "" && isBad) stderr.write(`    ${paint("dim", printable(hint))}\n`);
    for (const note of notes) stderr.write(`    ${paint("warn", "‼")} ${printable(note)}\n`);
  }
  const number = (...verdicts: Verdict[]) =>
    outcomes.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const [skipped, mistakes] = [number("left", "passed"), number("mistake")];
  const wrong = mistakes === 0 ? "" : `, ${count(mistakes, "mistake")}`;
  const sum = `${number("done")} ${done}, ${skipped} skipped${wrong}`;
  if (!quiet) stderr.write(`${sum} in ${count(fileCount, "file")}\n`);
  const failed = mistakes > 0 || (strict && number("passed") > 0);
  return failed ? EXIT.failed : EXIT.ok;
}
