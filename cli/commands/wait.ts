/** `heddle wait`: blocks until an object is what a script wants it to be. */
import { formatDuration } from "../../base/duration.ts";
import { EXIT, ProgramError, UsageError } from "../../base/program.ts";
import type { ObjectEntry } from "../../mesh/operator-api.ts";
import type { Condition } from "../../mesh/status.ts";
import type { OperatorQueries } from "../api/operator-api.ts";
import { findOperator } from "../cluster/find-operator.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import { findKind, KIND_NAMES } from "../kinds.ts";
import { conditionOf } from "../output/object-table.ts";
import { printable } from "../output/printable.ts";
import { pause } from "../pause.ts";
import { operatorFlags } from "../shared-flags.ts";

const POLL_INTERVAL_MS = 250;
/** An API server has others to serve, and the operator writes a status twice a second at most. */
const CLUSTER_POLL_INTERVAL_MS = 500;

/** Kinds that have a status to wait for. */
const WAITABLE = KIND_NAMES.filter((one) => one.kind !== "" && one.kind !== "Service");

export const wait = defineVerb(
  {
    name: "wait",
    summary: "wait until an object is live on the proxies, or has another condition",
    description:
      "Programmed is true when every proxy that uses the object holds its present generation; " +
      "use it between writing a file, or applying an object, and relying on it. Waiting ends " +
      "early when the operator says that it cannot become so, because the object is invalid or " +
      "a proxy refused it.",
    positionals: [{ name: "KIND/NAME", help: "for instance split/web" }],
    flags: {
      for: {
        kind: "enum",
        values: ["Programmed", "Accepted", "ResolvedRefs"],
        default: "Programmed",
        help: "the condition that must be true",
      },
      generation: {
        kind: "integer",
        min: 1,
        help: "of this generation or a newer one, as heddle get -o json tells it",
      },
      timeout: { kind: "duration", default: "30s", help: "give up after this long" },
      namespace: {
        kind: "string",
        short: "n",
        value: "NAME",
        help: "its own; if absent that of the cluster's context, or default",
      },
      ...operatorFlags,
    },
    examples: [
      { command: "heddle wait split/web --timeout 10s", meaning: "until every proxy has it" },
    ],
  },
  async ({ flags, positionals: [target = ""] }, context) => {
    const { kind, name } = parseTarget(target);
    const { operator, cluster } = await findOperator(flags, context);
    const wanted = {
      ...{ target, kind, name, type: flags.for, timeoutMs: flags.timeout },
      namespace: flags.namespace ?? cluster?.namespace ?? "default",
      generation: flags.generation ?? 0,
      pollMs: cluster === undefined ? POLL_INTERVAL_MS : CLUSTER_POLL_INTERVAL_MS,
    };
    try {
      return await waitFor(wanted, operator, context);
    } finally {
      cluster?.close();
    }
  },
);

interface Wanted {
  /** As it was typed. */
  readonly target: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly type: "Programmed" | "Accepted" | "ResolvedRefs";
  readonly generation: number;
  readonly timeoutMs: number;
  readonly pollMs: number;
}

async function waitFor(
  wanted: Wanted,
  operator: OperatorQueries,
  context: CommandContext,
): Promise<number> {
  const { target, kind, name, namespace, type, generation, timeoutMs, pollMs } = wanted;
  const deadlineMs = context.clock.nowMs() + timeoutMs;
  let hasSeen = false;
  for (;;) {
    const look = await lookAt(operator, { kind, namespace, name }, hasSeen);
    hasSeen ||= look !== undefined;
    const verdict = look === undefined ? AWAY : judge(look.entry, type, generation);
    const text = printable(verdict.text);
    if (verdict.kind === "met") {
      context.io.stdout.write(`${target} ${type}: ${text}\n`);
      return EXIT.ok;
    }
    if (verdict.kind === "never") {
      throw new ProgramError(`${target} will not become ${type}: ${text}`);
    }
    if (context.clock.nowMs() >= deadlineMs) {
      throw new ProgramError(
        `${target} is not ${type} after ${formatDuration(timeoutMs)}: ${text}`,
      );
    }
    if (!(await pause(context, pollMs))) return EXIT.failed;
  }
}

const AWAY: Verdict = { kind: "waiting", text: "nobody answers who could tell" };

/** Undefined where nobody answers who did before: whoever is restarted will be back. */
async function lookAt(
  operator: OperatorQueries,
  query: Pick<Wanted, "kind" | "namespace" | "name">,
  hasSeen: boolean,
): Promise<{ readonly entry: ObjectEntry | undefined } | undefined> {
  try {
    const { objects } = await operator.objects(query);
    return { entry: objects.find(({ ref }) => ref.name === query.name) };
  } catch (error) {
    const isAway = error instanceof ProgramError && error.exitCode === EXIT.unavailable;
    if (hasSeen && isAway) return undefined;
    throw error;
  }
}

function parseTarget(text: string): { readonly kind: string; readonly name: string } {
  const [word = "", name = "", ...rest] = text.split("/");
  const found = findKind(word);
  const kind = WAITABLE.find((one) => one === found)?.kind;
  if (kind === undefined || name === "" || rest.length > 0) {
    const words = WAITABLE.map((one) => one.aliases[0] ?? one.plural).join(", ");
    throw new UsageError(`${JSON.stringify(text)} is not KIND/NAME with KIND one of ${words}`);
  }
  return { kind, name };
}

type Verdict = { readonly kind: "met" | "waiting" | "never"; readonly text: string };

/** Reasons after which only a new generation helps. */
const FINAL_REASONS: readonly Condition["reason"][] = [
  "Invalid",
  "UnknownField",
  "Conflicted",
  "Rejected",
  "ProxyTooOld",
];

function judge(
  entry: ObjectEntry | undefined,
  type: "Programmed" | "Accepted" | "ResolvedRefs",
  generation: number,
): Verdict {
  if (entry === undefined) return { kind: "waiting", text: "there is no such object" };
  if (entry.ref.generation < generation) {
    return { kind: "waiting", text: `the operator has generation ${entry.ref.generation}` };
  }
  const condition = conditionOf(entry, type);
  if (condition?.status === "True" && condition.observedGeneration >= entry.ref.generation) {
    const proxies = entry.proxies === "" ? "" : ` (proxies ${entry.proxies})`;
    return { kind: "met", text: `${condition.reason}${proxies}` };
  }
  for (const one of [conditionOf(entry, "Accepted"), condition]) {
    if (one?.status === "False" && FINAL_REASONS.includes(one.reason)) {
      return { kind: "never", text: `${one.reason}: ${one.message}` };
    }
  }
  const text = condition === undefined ? "no such condition yet" : condition.reason;
  return { kind: "waiting", text: `${text} (proxies ${entry.proxies || "unknown"})` };
}
