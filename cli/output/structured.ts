/** The forms for machines: JSON and YAML of exactly what the table was made from. */

export type StructuredFormat = "json" | "yaml";

/** The document as text, its last line break included. */
export async function formatStructured(value: unknown, format: StructuredFormat): Promise<string> {
  if (format === "json") return `${JSON.stringify(value, null, 2)}\n`;
  // Loaded only when asked for: the parser costs more start-up time than the rest of the program.
  const { stringify } = await import("./yaml-text.ts");
  return stringify(value, { lineWidth: 0 });
}
