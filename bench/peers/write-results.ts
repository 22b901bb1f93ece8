/** Where the results go: one JSON file a run, and the generated part of docs/performance.md. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { judge, judgeScale, type Results } from "./figures.ts";
import { formatReport, formatScale } from "./report.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PAGE = join(root, "docs", "performance.md");
const PEERS = "make bench";
const SCALE = "make bench, scale";

/** Gives back the file's path, relative to the repository. */
export async function writeJson(name: string, results: Results): Promise<string> {
  const file = join("bench", "results", `${name}.json`);
  await mkdir(dirname(join(root, file)), { recursive: true });
  const text = JSON.stringify(
    { ...results, bars: [...judge(results), ...judgeScale(results.scale ?? [])] },
    undefined,
    2,
  );
  await writeFile(join(root, file), `${text}\n`);
  return file;
}

/** Renews what was measured, and leaves the rest as it is. */
export async function writeDocs(results: Results): Promise<void> {
  let page = await readFile(PAGE, "utf8");
  if (results.contenders.some(({ saturation }) => saturation !== undefined)) {
    page = replaceGenerated(page, PEERS, formatReport(results));
  }
  if (results.scale !== undefined) page = replaceGenerated(page, SCALE, formatScale(results));
  await writeFile(PAGE, page);
}

/** Renews one generated part of docs/performance.md. */
export async function renewDocs(part: string, generated: string): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  await writeFile(PAGE, replaceGenerated(page, part, generated));
}

/** The page with what stands between the marks of `part` replaced. Throws when there are none. */
export function replaceGenerated(page: string, part: string, generated: string): string {
  const begin = `<!-- begin: ${part} -->`;
  const end = `<!-- end: ${part} -->`;
  const [before, rest] = page.split(`${begin}\n`);
  const after = rest?.split(`${end}\n`)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`the page has lost the marks ${begin} and ${end}`);
  }
  return `${before}${begin}\n\n${generated}\n${end}\n${after}`;
}
