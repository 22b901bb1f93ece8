/** `heddle help`: the list of verbs, or all about one of them. */
import { formatCommandHelp, formatRows } from "../../base/command-help.ts";
import type { CommandSpec } from "../../base/flags.ts";
import { nearest } from "../../base/nearest.ts";
import { EXIT, UsageError } from "../../base/program.ts";
import { defineVerb, type Verb } from "../command.ts";
import { PRODUCTS, type ProductSpecs } from "../products.ts";

/** In the order in which somebody who is new here needs them. */
const GROUPS: readonly (readonly [title: string, verbs: readonly string[]])[] = [
  ["Run a mesh", ["run", "operator", "webhook", "proxy", "init", "drain", "shutdown"]],
  ["Put it into a cluster", ["install", "upgrade", "uninstall"]],
  ["Look at it", ["get", "stat", "explain", "check", "wait", "diagnostics"]],
  ["Write for it", ["lint", "profile", "inject", "uninject"]],
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
  async ({ positionals: [name] }, { io, verbs, products }) => {
    const { columns } = io.stdout;
    if (name === undefined) io.stdout.write(formatOverview(verbs, columns));
    else io.stdout.write(formatCommandHelp(await findSpec(name, verbs, products), columns));
    return EXIT.ok;
  },
);

async function findSpec(
  name: string,
  verbs: readonly Verb[],
  products: ProductSpecs,
): Promise<CommandSpec> {
  const verb = verbs.find((one) => one.spec.name === name);
  if (verb !== undefined) return verb.spec;
  const product = PRODUCTS.find((one) => one.name === name);
  if (product !== undefined) return await products[product.name]();
  throw new UsageError(unknownVerb(name, verbs));
}

/** What is wrong with a verb that does not exist. */
export function unknownVerb(name: string, verbs: readonly Verb[]): string {
  const names = [...verbs.map((one) => one.spec.name), ...PRODUCTS.map((one) => one.name)];
  const near = nearest(name, names);
  const hint = near === undefined ? '"heddle help" lists them all' : `did you mean ${near}?`;
  return `there is no command ${JSON.stringify(name)}; ${hint}`;
}

/** The list of all verbs. */
export function formatOverview(verbs: readonly Verb[], columns: number): string {
  const width = Math.max(60, Math.min(columns, 100));
  const summaries = new Map<string, string>([
    ...verbs.map((one) => [one.spec.name, one.spec.summary] as const),
    ...PRODUCTS.map((one) => [one.name, one.summary] as const),
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
