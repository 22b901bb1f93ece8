import { describe, expect, it } from "vitest";
import type { Paint } from "./paint.ts";
import { type Column, formatTable } from "./table.ts";

interface Row {
  readonly name: string;
  readonly size: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: "NAME", cell: (row) => row.name },
  { header: "SIZE", cell: (row) => String(row.size), align: "right" },
  { header: "NOTE", cell: () => ({ text: "fine", tone: "good" }), wideOnly: true },
];
const ROWS: readonly Row[] = [
  { name: "web", size: 7 },
  { name: "catalogue", size: 1234 },
];

describe("formatTable", () => {
  it("makes columns as wide as their widest cell", () => {
    expect(formatTable(COLUMNS, ROWS)).toBe("NAME       SIZE\nweb           7\ncatalogue  1234\n");
  });

  it("shows more columns when asked for wide ones", () => {
    expect(formatTable(COLUMNS, ROWS, { wide: true })).toContain("catalogue  1234  fine\n");
  });

  it("keeps columns in line when cells are painted", () => {
    const paint: Paint = (tone, text) => `<${tone}>${text}</${tone}>`;
    const bare = formatTable(COLUMNS, ROWS, { paint, wide: true }).replace(/<\/?\w+>/g, "");
    expect(bare).toBe(formatTable(COLUMNS, ROWS, { wide: true }));
  });

  it("leaves no blanks at the end of a line", () => {
    const rows: readonly Row[] = [{ name: "a", size: 1 }];
    const text = formatTable([COLUMNS[1] as Column<Row>, COLUMNS[0] as Column<Row>], rows);
    expect(text).toBe("SIZE  NAME\n   1  a\n");
  });

  it("shows an empty cell as a dash", () => {
    expect(formatTable(COLUMNS, [{ name: "", size: 0 }])).toBe("NAME  SIZE\n-        0\n");
  });

  it("does not let a cell speak to the terminal", () => {
    const text = formatTable(COLUMNS, [{ name: "a\u001b[2J\nb\u202e", size: 0 }]);
    expect(text).toContain("a\\x1b[2J\\x0ab\\u202e");
  });
});
