/** Where the results go: one JSON file a run, and the generated part of docs/performance.md. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { judge, type Results } from "./figures.ts";
import { formatReport } from "./report.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const BEGIN = "<!-- begin: make bench -->";
const END = "<!-- end: make bench -->";

/** Gives back the file's path, relative to the repository. */
export async function writeJson(name: string, results: Results): Promise<string> {
  const file = join("bench", "results", `${name}.json`);
  await mkdir(dirname(join(root, file)), { recursive: true });
  const text = JSON.stringify({ ...results, bars: judge(results) }, undefined, 2);
  await writeFile(join(root, file), `${text}\n`);
  return file;
}

export async function writeDocs(results: Results): Promise<void> {
  const file = join(root, "docs", "performance.md");
  const page = await readFile(file, "utf8");
  await writeFile(file, replaceGenerated(page, formatReport(results)));
}

/** The page with what stands between the two marks replaced. Throws when they are not there. */
export function replaceGenerated(page: string, generated: string): string {
  const [before, rest] = page.split(`${BEGIN}\n`);
  const after = rest?.split(`${END}\n`)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`the page has lost the marks ${BEGIN} and ${END}`);
  }
  return `${before}${BEGIN}\n\n${generated}\n${END}\n${after}`;
}
