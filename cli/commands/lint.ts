/** `heddle lint`: says what is wrong with manifests before anything reads them in earnest. */
import { EXIT } from "../../base/program.ts";
import { formatProblem, type Problem } from "../../mesh/problem.ts";
import { defineVerb } from "../command.ts";
import { readPaths } from "../lint/read-paths.ts";
import { choosePaint, type Paint, type Tone } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { formatStructured } from "../output/structured.ts";
import { count } from "../output/units.ts";
import { textOutputFlag } from "../shared-flags.ts";

const TONES: Readonly<Record<Problem["severity"], Tone>> = {
  error: "bad",
  warning: "warn",
  note: "dim",
};

export const lint = defineVerb(
  {
    name: "lint",
    summary: "check manifests: misspelt keys, bad values, conflicts between objects",
    description:
      "Reads files and folders as the operator would, together, so that conflicts between them " +
      "are found. Each finding has its file, line and column, in the form that editors " +
      "understand. Notes tell what is accepted but not enforced yet. Kinds that are not " +
      "Heddle's are left alone.\n\n" +
      "The exit code is 1 when there is an error, or with --strict a warning.",
    positionals: [
      {
        name: "PATH",
        help: "files and folders; - for standard input",
        repeatable: true,
        completes: "files",
      },
    ],
    flags: {
      strict: { kind: "boolean", help: "fail on warnings too" },
      quiet: { kind: "boolean", short: "q", help: "leave out notes" },
      output: textOutputFlag,
    },
    examples: [
      { command: "heddle lint mesh/", meaning: "a whole folder" },
      { command: "kustomize build . | heddle lint -", meaning: "what another program prints" },
      { command: "heddle lint --strict -o json mesh/", meaning: "in CI" },
    ],
  },
  async ({ flags, positionals }, { io }) => {
    const files = await readPaths(positionals, io);
    // Loaded only here: the schemas and the YAML parser are most of this program's weight.
    const { lintFiles } = await import("../../crds/lint.ts");
    const all = lintFiles(files);
    const problems = flags.quiet ? all.filter((one) => one.severity !== "note") : all;
    const counts = {
      files: files.length,
      errors: problems.filter((one) => one.severity === "error").length,
      warnings: problems.filter((one) => one.severity === "warning").length,
      notes: problems.filter((one) => one.severity === "note").length,
    };
    if (flags.output === "text") {
      const paint = choosePaint({ isTerminal: io.stdout.isTerminal, environment: io.env });
      io.stdout.write(problems.map((problem) => formatLine(problem, paint)).join(""));
      io.stdout.write(`${summarize(counts)}\n`);
      // A script that names the wrong folder would be told for ever that nothing is wrong.
      if (files.length === 0) io.stderr.write("there are no .yaml, .yml or .json files there\n");
    } else {
      io.stdout.write(await formatStructured({ ...counts, problems }, flags.output));
    }
    const failed = counts.errors > 0 || (flags.strict && counts.warnings > 0);
    return failed ? EXIT.failed : EXIT.ok;
  },
);

interface Counts {
  readonly files: number;
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
}

function summarize({ files, errors, warnings, notes }: Counts): string {
  const found = [count(errors, "error"), count(warnings, "warning"), count(notes, "note")];
  return `${found.join(", ")} in ${count(files, "file")}`;
}

function formatLine(problem: Problem, paint: Paint): string {
  const text = printable(formatProblem(problem));
  const word = `${problem.severity}: `;
  const at = text.indexOf(word);
  if (at < 0) return `${text}\n`;
  const painted = paint(TONES[problem.severity], problem.severity);
  return `${text.slice(0, at)}${painted}${text.slice(at + problem.severity.length)}\n`;
}
