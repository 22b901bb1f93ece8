import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "heddle-lean-"));
afterAll(() => rmSync(folder, { recursive: true }));

const script = join(folder, "script.ts");
writeFileSync(
  script,
  `import { becomeLean } from ${JSON.stringify(import.meta.resolve("./lean-process.ts"))};
becomeLean(3);
const { pid, execArgv, argv, env } = process;
console.log(JSON.stringify({ pid, execArgv, args: argv.slice(2), env: env.MALLOC_MMAP_THRESHOLD_ }));
`,
);

function run(env: NodeJS.ProcessEnv): unknown {
  const nodeFlags = ["--no-warnings", script, "--flag", "a b"];
  return JSON.parse(execFileSync(process.execPath, nodeFlags, { encoding: "utf8", env }));
}

test.skipIf(process.platform !== "linux")("starts again with its arguments and flags", () => {
  expect(run({ PATH: process.env.PATH })).toMatchObject({
    execArgv: ["--max-semi-space-size=3", "--no-warnings"],
    args: ["--flag", "a b"],
    env: "16384",
  });
});

test("what somebody has set already is left as it is", () => {
  expect(run({ PATH: process.env.PATH, MALLOC_MMAP_THRESHOLD_: "1" })).toMatchObject({
    execArgv: ["--no-warnings"],
    env: "1",
  });
});
