/** `heddle get`: what the operator has read, and what it makes of it. */

import { parseAddress } from "../../base/address.ts";
import { nearest } from "../../base/nearest.ts";
import { EXIT, UsageError } from "../../base/program.ts";
import { type AddressKey, addressKey } from "../../mesh/address-key.ts";
import type { ObjectEntry } from "../../mesh/operator-api.ts";
import { formatProblem } from "../../mesh/problem.ts";
import type { OperatorQueries } from "../api/operator-api.ts";
import { findOperator } from "../cluster/find-operator.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import { findKind, KIND_NAMES, KIND_WORDS, type KindName } from "../kinds.ts";
import {
  addressColumns,
  conditionOf,
  objectColumns,
  proxyColumns,
  serviceColumns,
  serviceRows,
} from "../output/object-table.ts";
import { choosePaint } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { formatStructured } from "../output/structured.ts";
import { type Column, formatTable } from "../output/table.ts";
import { count } from "../output/units.ts";
import { operatorFlags, outputFlag } from "../shared-flags.ts";

/** What stands above the operator's one-line summary, by plural name. */
const SUMMARY_HEADER: Readonly<Record<string, string>> = {
  profiles: "ROUTES",
  splits: "BACKENDS",
  policies: "RETRIES",
};

type OutputForm = (typeof outputFlag.values)[number];

export const get = defineVerb(
  {
    name: "get",
    summary: "show profiles, splits, policies, services, proxies, addresses or problems",
    description:
      "Asks the operator what it has read and what came of it: whether an object is accepted, " +
      "whether another object claims the same traffic, and on how many of the proxies that use " +
      "it its present generation is live. Objects of Linkerd and SMI are listed beside Heddle's " +
      "own; the column GROUP tells them apart. The addresses are those at which services and " +
      "their endpoints are dialled; as NAME, one is looked up.\n\n" +
      "What is wrong with an object is written below the table; problems lists what is wrong " +
      "with any object or file.",
    positionals: [
      {
        name: "KIND",
        help: KIND_NAMES.map((one) => `${one.plural} (${one.short})`).join(", "),
        suggests: KIND_NAMES.map((one) => one.plural),
      },
      { name: "NAME", help: "only these", optional: true, repeatable: true },
    ],
    flags: {
      namespace: {
        kind: "string",
        short: "n",
        value: "NAME",
        help: "only this namespace; all of them when absent",
      },
      "all-namespaces": {
        kind: "boolean",
        short: "A",
        help: "all of them, which is so without --namespace too",
      },
      output: outputFlag,
      ...operatorFlags,
    },
    examples: [
      { command: "heddle get splits", meaning: "who gets which share, and is it live everywhere?" },
      { command: "heddle get sp web -n shop -o yaml", meaning: "all about one profile" },
      { command: "heddle get svc -o wide", meaning: "services, their endpoints and revisions" },
    ],
  },
  async ({ flags, positionals }, context) => {
    const [word = "", ...names] = positionals;
    const kind = findKind(word);
    if (kind === undefined) throw unknownKind(word);
    if (flags["all-namespaces"] && flags.namespace !== undefined)
      throw new UsageError("--namespace names one, --all-namespaces means all");
    const { operator: api, cluster } = await findOperator(flags, context);
    try {
      return await getKind(kind, names, api, flags, context);
    } finally {
      cluster?.close();
    }
  },
);

interface GetFlags {
  readonly namespace: string | undefined;
  readonly output: OutputForm;
}

async function getKind(
  kind: KindName,
  names: readonly string[],
  api: OperatorQueries,
  flags: GetFlags,
  context: CommandContext,
): Promise<number> {
  switch (kind.plural) {
    case "services":
      return await getServices(api, flags.namespace, names, flags.output, context);
    case "problems":
      return await getProblems(api, flags.namespace, flags.output, context);
    case "proxies":
      return await getProxies(api, flags.namespace, names, flags.output, context);
    case "addresses":
      return await getAddresses(api, flags.namespace, names, flags.output, context);
    default:
      return await getObjects(kind, api, flags.namespace, names, flags.output, context);
  }
}

function unknownKind(word: string): UsageError {
  const near = KIND_WORDS.find((one) => one.startsWith(word)) ?? nearest(word, KIND_WORDS);
  const hint =
    near === undefined
      ? `one of ${KIND_NAMES.map((one) => one.plural).join(", ")}`
      : `did you mean ${near}?`;
  return new UsageError(`there is no kind ${JSON.stringify(word)}: ${hint}`);
}

async function getObjects(
  kind: KindName,
  api: OperatorQueries,
  namespace: string | undefined,
  names: readonly string[],
  output: OutputForm,
  context: CommandContext,
): Promise<number> {
  const { objects } = await api.objects({ kind: kind.kind, namespace });
  const shown = pick(objects, names, (entry) => entry.ref.name);
  const columns = objectColumns(SUMMARY_HEADER[kind.plural] ?? "SUMMARY", context.clock.wallMs());
  await print(shown, columns, "objects", kind, output, context);
  if (output === "table" || output === "wide") {
    const trouble = shown.map(describeTrouble).join("");
    if (trouble !== "") context.io.stdout.write(`\n${trouble}`);
    await mentionFiles(api, context);
  }
  return reportMissing(
    names,
    shown.map((entry) => entry.ref.name),
    kind,
    context,
  );
}

async function getServices(
  api: OperatorQueries,
  namespace: string | undefined,
  names: readonly string[],
  output: OutputForm,
  context: CommandContext,
): Promise<number> {
  const { services } = await api.services(namespace);
  const shown = pick(services, names, (service) => service.name);
  const kind = findKind("services");
  if (kind === undefined) return EXIT.internal;
  if (output === "json" || output === "yaml") {
    context.io.stdout.write(await formatStructured({ services: shown }, output));
  } else {
    const columns = serviceColumns(context.clock.wallMs());
    await print(serviceRows(shown), columns, "services", kind, output, context);
  }
  return reportMissing(
    names,
    shown.map((service) => service.name),
    kind,
    context,
  );
}

/** An object that is missing here may stand in a file that cannot be read. */
async function mentionFiles(api: OperatorQueries, { io }: CommandContext): Promise<void> {
  // Only a hint: what was asked for has been answered.
  const { problems } = await api.problems().catch(() => ({ problems: [] }));
  const errors = problems.filter((problem) => problem.severity === "error").length;
  if (errors === 0) return;
  io.stderr.write(`${count(errors, "error")} in files: "heddle get problems" tells\n`);
}

/** All that is wrong, with files as well as with objects: what `heddle lint` would say. */
async function getProblems(
  api: OperatorQueries,
  namespace: string | undefined,
  output: OutputForm,
  { io }: CommandContext,
): Promise<number> {
  const [{ problems: ofFiles }, { objects }] = await Promise.all([
    api.problems(),
    api.objects({ kind: undefined, namespace }),
  ]);
  const all = [...ofFiles, ...objects.flatMap((entry) => entry.problems)];
  const problems = all.filter((problem) => problem.severity !== "note");
  if (output === "json" || output === "yaml") {
    io.stdout.write(await formatStructured({ problems }, output));
  } else if (problems.length === 0) {
    io.stderr.write("no problems found\n");
  } else {
    io.stdout.write(problems.map((one) => `${printable(formatProblem(one))}\n`).join(""));
  }
  return EXIT.ok;
}

async function getProxies(
  api: OperatorQueries,
  namespace: string | undefined,
  names: readonly string[],
  output: OutputForm,
  context: CommandContext,
): Promise<number> {
  const { proxies } = await api.proxies();
  const here = proxies.filter((proxy) => namespace === undefined || proxy.namespace === namespace);
  const shown = pick(here, names, (proxy) => proxy.name);
  const kind = findKind("proxies");
  if (kind === undefined) return EXIT.internal;
  const columns = proxyColumns(context.clock.wallMs());
  await print(shown, columns, "proxies", kind, output, context);
  if (output === "table" || output === "wide") {
    const lines = shown.flatMap((proxy) =>
      proxy.refused.map(({ type, key, reason }) =>
        printable(`${proxy.name} refused ${type} ${key}: ${reason}`),
      ),
    );
    if (lines.length > 0) context.io.stdout.write(`\n${lines.join("\n")}\n`);
  }
  return reportMissing(
    names,
    shown.map((proxy) => proxy.name),
    kind,
    context,
  );
}

/** Names are addresses here, in every way to write them. */
async function getAddresses(
  api: OperatorQueries,
  namespace: string | undefined,
  names: readonly string[],
  output: OutputForm,
  context: CommandContext,
): Promise<number> {
  const keys = names.map(readAddressKey);
  const { addresses, total } = await api.addresses(namespace, keys);
  const kind = findKind("addresses");
  if (kind === undefined) return EXIT.internal;
  await print(addresses, addressColumns(), "addresses", kind, output, context);
  const more = total - addresses.length;
  if (more > 0) context.io.stderr.write(`and ${more} more: name a namespace\n`);
  const missing = keys.filter((key) => !addresses.some(({ address }) => address === key));
  for (const key of missing) context.io.stderr.write(`heddle get: nothing stands at ${key}\n`);
  return missing.length === 0 ? EXIT.ok : EXIT.failed;
}

function readAddressKey(text: string): AddressKey {
  const address = parseAddress(text);
  const key = address === undefined ? undefined : addressKey(address.host, address.port);
  if (key !== undefined) return key;
  throw new UsageError(`${JSON.stringify(text)} is no address and port, such as 10.96.0.1:80`);
}

function pick<Entry>(
  entries: readonly Entry[],
  names: readonly string[],
  nameOf: (entry: Entry) => string,
): readonly Entry[] {
  return names.length === 0 ? entries : entries.filter((entry) => names.includes(nameOf(entry)));
}

async function print<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  listName: string,
  kind: KindName,
  output: OutputForm,
  { io }: CommandContext,
): Promise<void> {
  if (output === "json" || output === "yaml") {
    io.stdout.write(await formatStructured({ [listName]: rows }, output));
    return;
  }
  if (rows.length === 0) {
    io.stderr.write(`no ${kind.plural} found\n`);
    return;
  }
  const paint = choosePaint({ isTerminal: io.stdout.isTerminal, environment: io.env });
  io.stdout.write(formatTable(columns, rows, { paint, wide: output === "wide" }));
}

/** Why an object is not simply live: one line each, ready for an editor where there is a place. */
function describeTrouble(entry: ObjectEntry): string {
  const about = `${entry.ref.kind} ${entry.ref.namespace}/${entry.ref.name}`;
  const lines = entry.problems.filter((problem) => problem.severity !== "note").map(formatProblem);
  const said = lines.length > 0;
  for (const type of ["Accepted", "ResolvedRefs", "Conflicted", "Programmed"] as const) {
    const condition = conditionOf(entry, type);
    if (condition === undefined || condition.message === "") continue;
    const isTrouble =
      type === "Conflicted"
        ? condition.status === "True"
        : condition.status === "False" && condition.reason !== "Pending";
    // The problems say the same, with lines and columns.
    if (!isTrouble || (type === "Accepted" && said)) continue;
    lines.push(`${about}: ${condition.reason}: ${condition.message}`);
  }
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function reportMissing(
  wanted: readonly string[],
  found: readonly string[],
  kind: KindName,
  { io }: CommandContext,
): number {
  const missing = wanted.filter((name) => !found.includes(name));
  for (const name of missing) {
    const near = nearest(name, found);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    io.stderr.write(
      `heddle get: there is no ${JSON.stringify(name)} among the ${kind.plural}${hint}\n`,
    );
  }
  return missing.length === 0 ? EXIT.ok : EXIT.failed;
}
