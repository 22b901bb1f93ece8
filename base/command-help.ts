/** The help text of a command, from its table of flags. */
import { type CommandSpec, type Flag, type Positional, valueName } from "./flags.ts";

const WIDTH_MAX = 100;
const INDENT = "  ";

/** Whole text, its last line break included. `columns` is the width of the reader's terminal. */
export function formatCommandHelp(spec: CommandSpec, columns = 80): string {
  const width = Math.max(60, Math.min(columns, WIDTH_MAX));
  const sections = [capitalised(spec.summary), `Usage:\n${INDENT}${usageLine(spec)}`];
  if (spec.description !== undefined) sections.push(wrapParagraphs(spec.description, width));
  const places = (spec.positionals ?? []).filter((place) => describePositional(place) !== "");
  if (places.length > 0) {
    const rows = places.map((place): Row => [place.name, describePositional(place)]);
    sections.push(`Arguments:\n${formatRows(rows, width)}`);
  }
  sections.push(`Flags:\n${formatRows(flagRows(spec), width)}`);
  if (spec.examples !== undefined && spec.examples.length > 0) {
    const lines = spec.examples.map((one) => `${INDENT}# ${one.meaning}\n${INDENT}${one.command}`);
    sections.push(`Examples:\n${lines.join("\n\n")}`);
  }
  return `${sections.join("\n\n")}\n`;
}

/** For instance `heddle get KIND [NAME...] [flags]`. */
export function usageLine(spec: CommandSpec): string {
  const places = (spec.positionals ?? []).map((place) => {
    const name = place.repeatable === true ? `${place.name}...` : place.name;
    return place.optional === true ? `[${name}]` : name;
  });
  const required = Object.entries(spec.flags)
    .filter(([, flag]) => flag.required === true)
    .map(([name, flag]) => `--${name} ${valueName(flag)}`);
  return ["heddle", spec.name, ...places, ...required, "[flags]"].join(" ");
}

type Row = readonly [left: string, right: string];

/** Names and explanations in two columns, wrapped. */
export function formatRows(rows: readonly Row[], width: number): string {
  const leftMax = Math.floor(width * 0.4);
  const fitting = rows.map(([left]) => left.length).filter((length) => length <= leftMax);
  const leftWidth = Math.max(8, ...fitting);
  const gap = INDENT.length + leftWidth + 2;
  return rows
    .map(([left, right]) => {
      const lines = wrap(right, width - gap);
      const pad = `\n${" ".repeat(gap)}`;
      if (left.length > leftMax) return `${INDENT}${left}${pad}${lines.join(pad)}`;
      return `${INDENT}${left.padEnd(leftWidth)}  ${lines.join(pad)}`.trimEnd();
    })
    .join("\n");
}

function flagRows(spec: CommandSpec): readonly Row[] {
  const rows: Row[] = Object.entries(spec.flags)
    .filter(([, flag]) => flag.hidden !== true)
    .map(([name, flag]) => [flagLeft(name, flag), describeFlag(flag)]);
  rows.push(["-h, --help", "show this text"]);
  return rows;
}

function flagLeft(name: string, flag: Flag): string {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  return `${short}--${name} ${valueName(flag)}`.trimEnd();
}

function describeFlag(flag: Flag): string {
  const notes: string[] = [];
  if (flag.repeatable === true) notes.push("may be repeated");
  if (flag.default !== undefined && flag.default !== "") notes.push(`default ${flag.default}`);
  if (flag.env !== undefined) notes.push(`or $${flag.env}`);
  return notes.length === 0 ? flag.help : `${flag.help} (${notes.join("; ")})`;
}

function describePositional(place: Positional): string {
  const values = place.values === undefined ? "" : `one of ${place.values.join(", ")}`;
  return [place.help ?? "", values].filter((part) => part !== "").join("; ");
}

function wrapParagraphs(text: string, width: number): string {
  return text
    .split("\n\n")
    .map((paragraph) => wrap(paragraph.replaceAll("\n", " "), width).join("\n"))
    .join("\n\n");
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter((part) => part !== "")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, line];
}

function capitalised(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
