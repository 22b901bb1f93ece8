/**
 * Compares what a program prints with what it printed when somebody last looked at it. `make
 * golden` writes the files anew; the difference is then for a person to read.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const FOLDER = dirname(fileURLToPath(import.meta.url));

/** `name` is a path below this folder, such as `cli/help-run.txt`. */
export function expectGolden(name: string, actual: string): void {
  const path = join(FOLDER, name);
  if (process.env.GOLDEN === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
    return;
  }
  expect(actual, `differs from test/golden/${name}; "make golden" renews it`).toBe(read(path));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
