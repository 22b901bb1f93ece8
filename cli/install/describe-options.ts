/** The options of an installation as a list for people. */
import { formatRows } from "../../base/command-help.ts";
import { defaultOf, type Option, type OptionTable } from "../../install/option-kinds.ts";
import { INSTALL_OPTIONS } from "../../install/options.ts";

const WIDTH_MAX = 100;

export function describeOptions(columns: number): string {
  const width = Math.max(60, Math.min(columns, WIDTH_MAX));
  const table: OptionTable = INSTALL_OPTIONS;
  const rows = Object.entries(table).map(
    ([name, option]) => [`${name}${shapeOf(option)}`, describe(option)] as const,
  );
  return `${formatRows(rows, width)}\n`;
}

function shapeOf(option: Option): string {
  if (option.kind === "map") return ".KEY=TEXT";
  if (option.kind === "flag") return "=true|false";
  if (option.kind === "word") return `=${option.values.join("|")}`;
  if (option.kind === "list") return "=TEXT,TEXT";
  if (option.kind === "objects") return "=JSON";
  return option.kind === "number" ? "=N" : "=TEXT";
}

function describe(option: Option): string {
  const value = defaultOf(option);
  const isSaid = typeof value === "string" || typeof value === "boolean";
  return isSaid ? `${option.help} (default ${String(value)})` : option.help;
}
