import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lintFiles } from "../../crds/lint.ts";
import { formatProblem } from "../../mesh/problem.ts";

const root = join(import.meta.dirname, "..", "..");
const files = globSync("crds/*/examples/*.yaml", { cwd: root }).sort();

describe("the examples", () => {
  it("are there for every kind that people write", () => {
    expect(files.length).toBeGreaterThanOrEqual(5);
  });

  it("have nothing wrong with them, alone or together", () => {
    const read = files.map((file) => ({ file, bytes: readFileSync(join(root, file)) }));
    expect(lintFiles(read).map(formatProblem)).toEqual([]);
  });
});

describe("the samples", () => {
  const folders = globSync("config/samples/*", { cwd: root }).sort();

  it("are there", () => {
    expect(folders.length).toBeGreaterThan(0);
  });

  it.each(folders)("%s has nothing wrong with it", (folder) => {
    const paths = globSync(`${folder}/**/*.yaml`, { cwd: root }).sort();
    const read = paths.map((file) => ({ file, bytes: readFileSync(join(root, file)) }));
    expect(read.length).toBeGreaterThan(0);
    // Whole applications have kinds that are not ours to judge.
    const ours = lintFiles(read).filter(({ code }) => code !== "not-ours");
    expect(ours.map(formatProblem)).toEqual([]);
  });
});
