/** `heddle help`: the list of verbs, or all about one of them. */
import { formatCommandHelp, formatRows } from "../../base/command-help.ts";
import { nearest } from "../../base/nearest.ts";
import { EXIT, UsageError } from "../../base/program.ts";
import { defineVerb, type Verb } from "../command.ts";
import { OTHER_PROGRAMS } from "../other-programs.ts";

/** In the order in which somebody who is new here needs them. */
const GROUPS: readonly (readonly [title: string, verbs: readonly string[]])[] = [
  ["Run a mesh", ["run", "operator", "proxy"]],
  ["Look at it", ["get", "stat", "explain", "wait"]],
  ["Write for it", ["lint"]],
  ["Other", ["version", "completion", "help"]],
];

const EXIT_CODES = [
  ["0", "it worked"],
  ["1", "it ran and found problems, or could not do what was asked"],
  ["2", "the command line is wrong"],
  ["69", "a program that is needed cannot be reached"],
  ["70", "a defect of Heddle"],
] as const;

export const help = defineVerb(
  {
    name: "help",
    summary: "show this list, or all about one command",
    positionals: [{ name: "COMMAND", help: "what to tell about", optional: true }],
    flags: {},
    examples: [{ command: "heddle help run", meaning: "all flags of heddle run" }],
  },
  ({ positionals }, { io, verbs }) => {
    const [name] = positionals;
    io.stdout.write(
      name === undefined
        ? formatOverview(verbs, io.stdout.columns)
        : formatOne(name, verbs, io.stdout.columns),
    );
    return Promise.resolve(EXIT.ok);
  },
);

function formatOne(name: string, verbs: readonly Verb[], columns: number): string {
  const verb = verbs.find((one) => one.spec.name === name);
  if (verb !== undefined) return formatCommandHelp(verb.spec, columns);
  const other = OTHER_PROGRAMS.find((one) => one.name === name);
  if (other !== undefined) {
    return `${other.name}: ${other.summary}\n\nAll its flags: heddle ${other.name} --help\n`;
  }
  throw new UsageError(unknownVerb(name, verbs));
}

/** What is wrong with a verb that does not exist. */
export function unknownVerb(name: string, verbs: readonly Verb[]): string {
  const names = [...verbs.map((one) => one.spec.name), ...OTHER_PROGRAMS.map((one) => one.name)];
  const near = nearest(name, names);
  const hint = near === undefined ? '"heddle help" lists them all' : `did you mean ${near}?`;
  return `there is no command ${JSON.stringify(name)}; ${hint}`;
}

/** The list of all verbs. */
export function formatOverview(verbs: readonly Verb[], columns: number): string {
  const width = Math.max(60, Math.min(columns, 100));
  const summaries = new Map<string, string>([
    ...verbs.map((one) => [one.spec.name, one.spec.summary] as const),
    ...OTHER_PROGRAMS.map((one) => [one.name, one.summary] as const),
  ]);
  const sections = [
    "Heddle: traffic between services, managed, seen and controlled.",
    "Usage:\n  heddle COMMAND [flags]",
  ];
  for (const [title, names] of GROUPS) {
    const rows = names.flatMap((name) => {
      const summary = summaries.get(name);
      return summary === undefined ? [] : [[name, summary] as const];
    });
    sections.push(`${title}:\n${formatRows(rows, width)}`);
  }
  sections.push(`Exit codes:\n${formatRows(EXIT_CODES, width)}`);
  sections.push(
    "Try:\n" +
      "  heddle run ./mesh        # a mesh from a folder of YAML, on this machine\n" +
      "  heddle help run          # all about one command",
  );
  return `${sections.join("\n\n")}\n`;
}
