/** `heddle stat`: the golden metrics of each service and route, from the proxies' own reports. */

import { formatDuration } from "../../base/duration.ts";
import { EXIT, ProgramError, UsageError } from "../../base/program.ts";
import type { StatEntry, StatsAnswer } from "../../mesh/operator-api.ts";
import { parseServiceKey } from "../../mesh/service-key.ts";
import { findOperator } from "../cluster/find-operator.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import { choosePaint } from "../output/paint.ts";
import { formatStructured } from "../output/structured.ts";
import { type Cell, type Column, formatTable } from "../output/table.ts";
import { formatLatency, formatRate, formatShare, NOTHING } from "../output/units.ts";
import { pause } from "../pause.ts";
import { operatorFlags, outputFlag } from "../shared-flags.ts";

/** What the operator keeps; asking for more would show less than it says. */
const WINDOW_MAX_MS = 590_000;
/** The operator adds up slots of ten seconds: a shorter window is not told apart from it. */
const WINDOW_MIN_MS = 10_000;
/** Between two tables of `--watch`. */
const WATCH_INTERVAL_MS = 2_000;

/** A success rate below this is worth a colour. */
const SUCCESS_GOOD = 0.99;
const SUCCESS_BAD = 0.9;

export const stat = defineVerb(
  {
    name: "stat",
    summary: "show success rate, requests per second and latency of services and routes",
    description:
      "Counts what the proxies saw in the window: outbound rows are the callers' view, over all " +
      "tries; inbound rows are what arrived in front of an application. A request is a success " +
      "as the route's response classes say, or else when its status is below 500. Proxies report " +
      "every few seconds, so the newest of them may be missing.",
    positionals: [
      {
        name: "SERVICE",
        help: "only these: web, or web.shop",
        optional: true,
        repeatable: true,
      },
    ],
    flags: {
      window: { kind: "duration", short: "t", default: "1m", help: "how far back to count" },
      by: {
        kind: "enum",
        values: ["route", "service", "backend"],
        default: "route",
        help: "one row for each of these",
      },
      direction: {
        kind: "enum",
        values: ["outbound", "inbound", "both"],
        default: "outbound",
        help: "whose view",
      },
      namespace: {
        kind: "string",
        short: "n",
        value: "NAME",
        help: "only services of this namespace",
      },
      watch: { kind: "boolean", short: "w", help: "show it again and again, until interrupted" },
      output: outputFlag,
      ...operatorFlags,
    },
    examples: [
      { command: "heddle stat", meaning: "every route, over the last minute" },
      { command: "heddle stat web --by backend", meaning: "how the versions of web compare" },
      { command: "heddle stat --window 10s --watch", meaning: "watch a roll-out as it happens" },
    ],
  },
  async ({ flags, positionals }, context) => {
    if (flags.window < WINDOW_MIN_MS || flags.window > WINDOW_MAX_MS) {
      throw new UsageError(
        `--window: ${formatDuration(flags.window)} is not between ` +
          `${formatDuration(WINDOW_MIN_MS)} and ${formatDuration(WINDOW_MAX_MS)}`,
      );
    }
    const { operator: api, cluster } = await findOperator(flags, context);
    const select = (answer: StatsAnswer): StatsAnswer => ({
      windowMs: answer.windowMs,
      rows: answer.rows
        .filter((row) => flags.direction === "both" || row.direction === flags.direction)
        .filter((row) => isWanted(row, positionals, flags.namespace))
        .toSorted(byName)
        // Quantiles are for people and scripts; what they come from is between programs.
        .map(({ latency: _latency, ...row }) => row),
    });
    const show = async (): Promise<void> => {
      const answer = select(await api.stats(flags.window, flags.by));
      if (flags.output === "json" || flags.output === "yaml") {
        context.io.stdout.write(await formatStructured(answer, flags.output));
      } else {
        const { by, direction, output } = flags;
        printTable(answer, { by, direction, isWide: output === "wide" }, context);
      }
    };
    try {
      await show();
      if (flags.watch) await showAgain(show, context);
    } finally {
      cluster?.close();
    }
    return EXIT.ok;
  },
);

function isWanted(
  row: StatEntry,
  wanted: readonly string[],
  namespace: string | undefined,
): boolean {
  const service = parseServiceKey(row.service);
  if (namespace !== undefined && service?.namespace !== namespace) return false;
  if (wanted.length === 0) return true;
  if (service === undefined) return wanted.includes(row.service);
  const { name, namespace: home, port } = service;
  const names = [name, `${name}:${port}`, `${name}.${home}`, `${name}.${home}:${port}`];
  return wanted.some((text) => names.includes(text));
}

function byName(one: StatEntry, other: StatEntry): number {
  const keyOf = (row: StatEntry): string =>
    [row.direction, row.service, row.route === "" ? "\uffff" : row.route, row.backend].join("\n");
  const [left, right] = [keyOf(one), keyOf(other)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

interface TableForm {
  readonly by: "route" | "service" | "backend";
  readonly direction: "outbound" | "inbound" | "both";
  readonly isWide: boolean;
}

function printTable(answer: StatsAnswer, form: TableForm, { io }: CommandContext): void {
  if (answer.rows.length === 0) {
    io.stderr.write(
      `no traffic was reported in the last ${formatDuration(answer.windowMs)}; ` +
        "proxies report every few seconds, and a longer --window may show more\n",
    );
    return;
  }
  const paint = choosePaint({ isTerminal: io.stdout.isTerminal, environment: io.env });
  io.stdout.write(formatTable(statColumns(form), answer.rows, { paint, wide: form.isWide }));
}

function statColumns(form: TableForm): readonly Column<StatEntry>[] {
  const columns: Column<StatEntry>[] = [];
  if (form.direction === "both") columns.push({ header: "VIEW", cell: (row) => row.direction });
  columns.push({ header: "SERVICE", cell: (row) => serviceCell(row.service) });
  if (form.by === "route") {
    columns.push({ header: "ROUTE", cell: (row) => (row.route === "" ? "[DEFAULT]" : row.route) });
  }
  if (form.by === "backend") {
    columns.push({ header: "BACKEND", cell: (row) => serviceCell(row.backend) });
  }
  columns.push(
    { header: "SUCCESS", cell: successCell, align: "right" },
    { header: "RPS", cell: (row) => formatRate(row.rps), align: "right" },
    { header: "LATENCY_P50", cell: (row) => formatLatency(row.p50Ms), align: "right" },
    { header: "LATENCY_P95", cell: (row) => formatLatency(row.p95Ms), align: "right" },
    { header: "LATENCY_P99", cell: (row) => formatLatency(row.p99Ms), align: "right" },
    { header: "REQUESTS", cell: (row) => String(row.requests), align: "right", wideOnly: true },
    { header: "RETRIES", cell: (row) => String(row.retries), align: "right", wideOnly: true },
  );
  return columns;
}

function serviceCell(key: string): string {
  const service = parseServiceKey(key);
  if (service === undefined) return key;
  return `${service.name}.${service.namespace}:${service.port}`;
}

function successCell(row: StatEntry): Cell {
  if (row.requests === 0) return NOTHING;
  const share = row.successes / row.requests;
  const text = formatShare(share);
  if (share >= SUCCESS_GOOD) return { text, tone: "good" };
  return { text, tone: share < SUCCESS_BAD ? "bad" : "warn" };
}

/** Until a signal. On a terminal the table stays in place; elsewhere tables follow each other. */
async function showAgain(show: () => Promise<void>, context: CommandContext): Promise<void> {
  const { io } = context;
  while (await pause(context, WATCH_INTERVAL_MS)) {
    io.stdout.write(io.stdout.isTerminal ? "\u001b[H\u001b[2J" : "\n");
    try {
      await show();
    } catch (error) {
      // The operator may be on its way back: watching goes on.
      if (!(error instanceof ProgramError)) throw error;
      io.stderr.write(`heddle stat: ${error.message}\n`);
    }
  }
}
