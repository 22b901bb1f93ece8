/** A program as a real process: its exit code, its output to the last byte, and signals. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const platform = new URL("../../base/platform/process.ts", import.meta.url).href;
const program = new URL("../../base/program.ts", import.meta.url).href;

const SOURCE = `
import { runAsProcess } from ${JSON.stringify(platform)};
import { ProgramError, whenAborted } from ${JSON.stringify(program)};

await runAsProcess({
  name: "sample",
  summary: "",
  async run([verb], io) {
    if (verb === "fail") throw new ProgramError("no luck", 69);
    if (verb === "flood") io.stdout.write("x".repeat(4_000_000) + "end");
    if (verb === "read") io.stdout.write(String((await io.readStdin(1000)).length));
    if (verb !== "wait" && verb !== "hang") return 0;
    const keep = setInterval(() => {}, 1000);
    io.stdout.write("ready");
    await whenAborted(io.stop);
    io.stdout.write(String(io.stop.reason));
    if (verb === "hang") await new Promise(() => {});
    clearInterval(keep);
    return 5;
  },
}, process.argv.slice(2));
`;

let folder = "";
let script = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-process-"));
  script = join(folder, "sample.ts");
  writeFileSync(script, SOURCE);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(verb: string): ChildProcess {
  return spawn(process.execPath, [script, verb], { stdio: "pipe" });
}

function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk) => {
    stdout += String(chunk);
  });
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

function printed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.stdout?.once("data", () => resolve());
  });
}

describe("runAsProcess", () => {
  it("ends with the program's code, after the last byte of its output", async () => {
    const { code, stdout } = await ended(start("flood"));
    expect([code, stdout.length, stdout.slice(-4)]).toEqual([0, 4_000_003, "xend"]);
  });

  it("says in one line why it failed", async () => {
    const { code, stderr } = await ended(start("fail"));
    expect([code, stderr]).toEqual([69, "heddle sample: no luck\n"]);
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "lets it end in good order on %s",
    async (s) => {
      const child = start("wait");
      const end = ended(child);
      await printed(child);
      child.kill(s);
      expect(await end).toMatchObject({ code: 5, stdout: `ready${s}` });
    },
  );

  it("ends at once on a second signal", async () => {
    const child = start("hang");
    const end = ended(child);
    await printed(child);
    const stopping = printed(child);
    child.kill("SIGTERM");
    await stopping;
    // One that follows at once is taken for the same: a person's second comes later.
    const again = setInterval(() => child.kill("SIGINT"), 50);
    expect((await end).code).toBe(130);
    clearInterval(again);
  });

  it("is not troubled by a reader that leaves", async () => {
    const child = start("flood");
    const end = ended(child);
    await printed(child);
    child.stdout?.destroy();
    expect(await end).toMatchObject({ code: 0, stderr: "" });
  });

  it("reads standard input up to a bound", async () => {
    const short = start("read");
    short.stdin?.end("é");
    expect(await ended(short)).toMatchObject({ code: 0, stdout: "1" });
    const long = start("read");
    long.stdin?.end("x".repeat(1001));
    expect((await ended(long)).stderr).toContain("standard input is longer than 1000 bytes");
  });
});
