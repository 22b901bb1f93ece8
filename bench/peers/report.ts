/** The results as a Markdown text, for the terminal and for the documentation. */
import {
  type Bar,
  type Figures,
  isMet,
  judge,
  judgeScale,
  type Results,
  ratioOf,
} from "./figures.ts";

type Cell = (figures: Figures) => number | undefined;

export function formatReport(results: Results): string {
  return [
    formatSetting(results),
    formatFigures(results),
    formatBars(judge(results)),
    formatNotes(results),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** The part of a run that sets many beside few. */
export function formatScale(results: Results): string {
  const scale = results.scale ?? [];
  const body = scale.map((row) => [
    row.what,
    row.fewUsPerRequest.toFixed(1),
    row.manyUsPerRequest.toFixed(1),
    row.ratio.toFixed(2),
    row.fewPerSecond.toFixed(0),
    row.manyPerSecond.toFixed(0),
    String(row.fewConnections),
    String(row.manyConnections),
  ]);
  const perSecond = ["requests a second, few", "many"];
  const head = [
    "CPU µs per request",
    "few",
    "many",
    "ratio",
    ...perSecond,
    "connections, few",
    "many",
  ];
  const { rounds, durationS } = results.settings;
  const setting =
    `${results.when.slice(0, 10)}, commit ${results.commit}; ` +
    `${rounds} rounds of ${durationS} s each, medians; a ratio is the median of the rounds' own.\n`;
  const parts = [setting, formatTable(head, body), formatBars(judgeScale(scale))];
  return [...parts, formatNotes(results)].filter((part) => part !== "").join("\n");
}

function formatSetting(results: Results): string {
  const { machine, settings } = results;
  return (
    `${machine.cpu}, ${machine.coreCount} cores, Linux ${machine.kernel} ` +
    `(${machine.congestionControl}), Node ${machine.node}; ` +
    `${results.when.slice(0, 10)}, commit ${results.commit}.\n` +
    `${settings.rounds} rounds of ${settings.durationS} s each, medians, ` +
    "of a ratio that of the rounds' own; " +
    `${settings.connections} connections; fixed rate ${settings.rate} requests a second.\n`
  );
}

function formatFigures(results: Results): string {
  const { contenders, direct, settings } = results;
  const ratio = (name: string): Cell => {
    const base = contenders.find((one) => one.name === name)?.saturation;
    return (one) => ratioOf(one.saturation, base);
  };
  const added = (field: "p50Us" | "p99Us" | "p999Us"): Cell => {
    return (one) =>
      one.fixedRate === undefined || direct === undefined
        ? undefined
        : one.fixedRate[field] - direct[field];
  };
  const rows: readonly (readonly [string, Cell, number])[] = [
    ["CPU µs per request, saturated", (one) => one.saturation?.cpuUsPerRequest, 1],
    ["against nginx", ratio("nginx"), 2],
    ["against Envoy", ratio("envoy"), 2],
    ["requests per second, one core", (one) => one.saturation?.requestsPerSecond, 0],
    ["CPU µs per request, fixed rate", (one) => one.fixedRate?.cpuUsPerRequest, 1],
    ["added latency p50, µs", added("p50Us"), 0],
    ["added latency p99, µs", added("p99Us"), 0],
    ["added latency p99.9, µs", added("p999Us"), 0],
    ["private memory idle, MB", (one) => one.footprint?.idleMb, 1],
    [
      `private memory, ${settings.idleConnections} connections, MB`,
      (one) => one.footprint?.connectedMb,
      1,
    ],
    ["start to first answer, ms", (one) => one.footprint?.startMs, 0],
    ["idle CPU, %", (one) => one.footprint?.idleCpuPercent, 3],
    ["wakes per second, idle", (one) => one.footprint?.wakesPerSecond, 1],
  ];
  const head = ["", ...contenders.map((one) => `${one.name} ${one.version}`)];
  const body = rows.map(([label, cell, digits]) => [
    label,
    ...contenders.map((one) => formatNumber(cell(one), digits)),
  ]);
  return formatTable(head, body);
}

function formatBars(bars: readonly Bar[]): string {
  const body = bars.map((bar) => [
    bar.what,
    `at most ${bar.limit} ${bar.unit}`,
    bar.value === undefined ? "–" : `${Number(bar.value.toPrecision(3))} ${bar.unit}`,
    bar.value === undefined ? "not measured" : isMet(bar) ? "met" : "missed",
  ]);
  return formatTable(["bar", "limit", "measured", ""], body);
}

function formatNotes(results: Results): string {
  const lines = [
    ...results.notes,
    ...results.absent.map((one) => `without ${one.name}: ${one.reason}`),
  ];
  return lines.map((line) => `- ${line.split("\n")[0]}\n`).join("");
}

function formatNumber(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits);
}

export function formatTable(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...body.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(" | ")} |\n`;
  };
  const rule = widths.map((width, column) => "-".repeat(width - 1) + (column === 0 ? "-" : ":"));
  return line(head) + line(rule) + body.map(line).join("");
}
