/**
 * Tables for people: columns as wide as their widest cell, two spaces between them, nothing else.
 * That is what `kubectl` prints, what the eye expects here, and what `awk` can still take apart.
 */
import { type Paint, plainPaint, type Tone } from "./paint.ts";
import { printable } from "./printable.ts";

/** One cell: its text, and what the text says. A string is a cell in plain tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => Cell;
  /** Numbers stand right, so that their digits line up. */
  readonly align?: "left" | "right";
  /** Only shown with `-o wide`. */
  readonly wideOnly?: boolean;
}

export interface TableOptions {
  readonly paint?: Paint;
  readonly wide?: boolean;
}

const GAP = "  ";

/** The table as text, its last line break included. An empty cell is shown as `-`. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string {
  const paint = options.paint ?? plainPaint;
  const shown = columns.filter((column) => options.wide === true || column.wideOnly !== true);
  const body = rows.map((row) => shown.map((column) => readCell(column.cell(row))));
  const widths = shown.map((column, index) =>
    body.reduce(
      (most, cells) => Math.max(most, width(cells[index]?.text ?? "")),
      width(column.header),
    ),
  );
  const header = shown.map((column) => ({ text: column.header, tone: "strong" as const }));
  return [header, ...body].map((cells) => formatLine(cells, shown, widths, paint)).join("");
}

interface PlainCell {
  readonly text: string;
  readonly tone: Tone;
}

function readCell(cell: Cell): PlainCell {
  const { text, tone } = typeof cell === "string" ? { text: cell, tone: "plain" as const } : cell;
  return { text: text === "" ? "-" : printable(text), tone };
}

function formatLine<Row>(
  cells: readonly PlainCell[],
  columns: readonly Column<Row>[],
  widths: readonly number[],
  paint: Paint,
): string {
  const parts = cells.map((cell, index) => {
    const space = " ".repeat(Math.max(0, (widths[index] ?? 0) - width(cell.text)));
    const painted = paint(cell.tone, cell.text);
    if (columns[index]?.align === "right") return space + painted;
    // No trailing blanks: goldens and copied text stay clean.
    return index === cells.length - 1 ? painted : painted + space;
  });
  return `${parts.join(GAP)}\n`;
}

/** Columns on a screen, near enough: code points. Names in the mesh are ASCII. */
function width(text: string): number {
  return [...text].length;
}
