/** Writes every generated file; with `--check` only says which are not fresh. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles } from "./targets.ts";

const root = join(import.meta.dirname, "..", "..");
const checkOnly = process.argv.includes("--check");

const stale = generatedFiles().filter(({ path, text }) => readIfThere(path) !== text);
for (const { path, text } of stale) {
  console.log(checkOnly ? `not fresh: ${path} (run make generate)` : `wrote ${path}`);
  if (checkOnly) continue;
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
if (checkOnly && stale.length > 0) process.exitCode = 1;

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}
