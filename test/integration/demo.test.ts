/** The demo's own tour: a whole shop on a whole mesh, and every step of it must happen. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
/** Every step of the tour has a limit of its own; this is for a machine that is very busy. */
const TOUR_LIMIT_MS = 400_000;

describe("the demo", () => {
  it(
    "takes its tour and leaves the checkout as it was",
    async () => {
      const before = changedFiles();
      const child = spawn(process.execPath, [join(ROOT, "demo", "main.ts"), "--once"]);
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (bytes: Buffer) => {
          output += bytes.toString();
        });
      }
      const code = await new Promise((resolve) => child.on("close", resolve));
      expect(code, output).toBe(0);
      expect(output).toContain("7 of 7 steps happened");
      expect(changedFiles()).toBe(before);
    },
    TOUR_LIMIT_MS,
  );
});

function changedFiles(): string {
  return spawnSync("git", ["status", "--short", "demo"], { cwd: ROOT, encoding: "utf8" }).stdout;
}
