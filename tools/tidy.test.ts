import { describe, expect, it } from "vitest";
import { formatViolation, parseSource } from "./source-file.ts";
import { checkTidiness } from "./tidy.ts";
import { FILE_LINES_MAX, FUNCTION_LINES_MAX } from "./tidy-rules.ts";

function findings(files: Readonly<Record<string, string>>): readonly string[] {
  const sources = Object.entries(files).map(([path, text]) => parseSource(path, text));
  return checkTidiness(sources).map(formatViolation);
}

/** A file that nothing is wrong with, around the given text. */
const tidyFile = (text: string): string => `/** What it is for. */\n${text}\n`;

describe("checkTidiness", () => {
  it("finds nothing in a tidy repository", () => {
    expect(
      findings({
        "cli/main.ts": tidyFile('import { x } from "./x.ts";\nx();'),
        "cli/x.ts": tidyFile("export const x = (): void => {};"),
        "cli/x.test.ts": 'import { x } from "./x.ts";\nx();\n',
      }),
    ).toEqual([]);
  });

  it.each([
    "base/utils.ts",
    "base/common/x.ts",
    "mesh/types.ts",
    "cli/index.test.ts",
    "cli/misc/x/y.ts",
  ])("finds that the name %s says nothing", (path) => {
    expect(findings({ [path]: tidyFile("x();") }).join()).toContain("says nothing");
  });

  it("measures lines, files and functions", () => {
    const body = "  x();\n".repeat(FUNCTION_LINES_MAX);
    const all = findings({
      "bench/a.ts": tidyFile(`// ${"x".repeat(98)}`),
      "bench/b.ts": tidyFile("x();\n".repeat(FILE_LINES_MAX + 1)),
      "bench/c.ts": tidyFile(`function long() {\n${body}}\nclass C {\n  #m() {\n${body}  }\n}`),
      "bench/d.ts": tidyFile(`const arrow = () => {\n${body}};\narrow();`),
    });
    expect(all).toEqual([
      "bench/a.ts:2: 101 columns are more than 100; break the line",
      expect.stringContaining("bench/b.ts:503: 503 lines are more than 500"),
      expect.stringContaining("bench/c.ts:2: long has 72 lines"),
      expect.stringContaining("bench/c.ts:75: m has 72 lines"),
      expect.stringContaining("bench/d.ts:2: arrow has 72 lines"),
    ]);
  });

  it("does not measure quoted text that goes over several lines", () => {
    const text = tidyFile(`const yaml = \`\nspec: ${"x".repeat(120)}\n\`;\nuse(yaml);`);
    expect(findings({ "bench/a.ts": text })).toEqual([]);
  });

  it("finds files that do not say what they are for", () => {
    const [first = ""] = findings({ "bench/a.ts": 'import { x } from "./b.ts";\nx();\n' });
    expect(first).toContain("bench/a.ts:1: does not say what it is for");
    const onDeclaration = 'import { x } from "y";\n/** Does it. */\nexport const z = x;\n';
    expect(findings({ "bench/a.ts": onDeclaration })).toEqual([]);
  });

  it("finds marks of unfinished work and paths of one machine", () => {
    const marks = ["// TODO: later", "// see /home/someone/notes", "// @ts-ignore"];
    for (const mark of marks) {
      const [first = ""] = findings({ "bench/a.ts": tidyFile(mark) });
      expect(first).toContain("bench/a.ts:2: ");
      expect(first).toContain("is banned");
    }
  });

  it("finds the machine where it does not belong", () => {
    const text = tidyFile("x(Math.random(), process.pid, Math.max(1, 2));");
    expect(findings({ "cli/main.ts": text, "base/platform/a.test.ts": text })).toEqual([]);
    const all = findings({
      "cli/main.ts": tidyFile('import { x } from "./a.ts";\nx();'),
      "cli/a.ts": text,
    });
    expect(all).toEqual([
      "cli/a.ts:2: Math.random is not for here; take Random (base/random.ts)",
      expect.stringContaining("cli/a.ts:2: process.pid is not for here"),
    ]);
  });

  it("takes a variable for what it is, whatever its name", () => {
    const text = tidyFile("export const end = (process: Child) => process.kill();");
    const main = tidyFile('import { end } from "./index/a.ts";\nend();');
    expect(findings({ "cli/main.ts": main, "cli/index/a.ts": text })).toEqual([]);
  });

  it("finds files that only their own test reaches, and what only those reach", () => {
    const all = findings({
      "cli/main.ts": tidyFile('import { used } from "./used.ts";\nused();'),
      "cli/used.ts": tidyFile("export const used = (): void => {};"),
      "cli/dead.ts": tidyFile('import { deader } from "./deader.ts";\nexport { deader };'),
      "cli/dead.test.ts": 'import { deader } from "./dead.ts";\ndeader();\n',
      "cli/deader.ts": tidyFile("export const deader = (): void => {};"),
      "cli/fake.ts": tidyFile("export const fake = 1;"),
      "cli/used.test.ts": 'import { fake } from "./fake.ts";\nx(fake);\n',
    });
    expect(all.map((line) => line.split(":")[0])).toEqual(["cli/dead.ts", "cli/deader.ts"]);
  });
});
