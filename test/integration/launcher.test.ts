/** `bin/heddle.js` on the Node that the machine has, and on the one that came with the packages. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../base/version.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const launcher = join(root, "bin", "heddle.js");

/** A Node on the PATH that is too old to run Heddle by itself. */
function findOldNode(): string | undefined {
  const folders = (process.env.PATH ?? "")
    .split(":")
    .filter((one) => !one.includes("node_modules"));
  return folders
    .map((folder) => join(folder, "node"))
    .find((file) => {
      const { stdout } = spawnSync(file, ["-p", "process.versions.node"], { encoding: "utf8" });
      return stdout !== null && stdout !== undefined && Number.parseInt(stdout, 10) < 26;
    });
}

const oldNode = findOldNode();

function run(node: string, file: string, ...args: string[]) {
  return spawnSync(node, [file, ...args], { encoding: "utf8" });
}

describe("the launcher", () => {
  it("runs the command line, and passes its code on", () => {
    const version = run(process.execPath, launcher, "version");
    expect(version.stdout).toContain(VERSION);
    expect(version.status).toBe(0);
    const wrong = run(process.execPath, launcher, "frobnicate");
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain("frobnicate");
  });

  it("says what to do where there is nothing to run", () => {
    const { status, stderr } = run(process.execPath, elsewhere("bin"));
    expect(status).toBe(69);
    expect(stderr).toMatch(/^heddle: neither .* run "make build"\n$/);
  });

  it("runs the bundle where it is installed as a package", () => {
    const file = elsewhere("node_modules", "heddle", "bin");
    const dist = join(file, "..", "..", "dist");
    mkdirSync(dist, { recursive: true });
    writeFileSync(join(file, "..", "heddle.ts"), "throw new Error('sources');");
    writeFileSync(join(dist, "heddle.js"), "console.log('bundle', process.argv[2]);");
    expect(run(process.execPath, file, "x").stdout).toBe("bundle x\n");
  });

  describe.skipIf(oldNode === undefined)("on an older Node", () => {
    it("becomes the Node that came with the packages", () => {
      const { status, stdout } = run(oldNode ?? "", launcher, "version");
      expect(stdout).toContain(VERSION);
      expect(status).toBe(0);
      expect(run(oldNode ?? "", launcher, "frobnicate").status).toBe(2);
    });

    it("says in one line what to do where none came", () => {
      const { status, stderr } = run(oldNode ?? "", elsewhere("bin"));
      expect(status).toBe(69);
      expect(stderr).toMatch(/^heddle: this is Node [\d.]+ and Heddle needs 26 .*"npm ci".*\n$/);
    });
  });
});

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-launcher-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The launcher alone, in a place of its own. */
function elsewhere(...path: string[]): string {
  const place = mkdtempSync(join(folder, "place-"));
  const file = join(place, ...path, "heddle.js");
  mkdirSync(join(place, ...path), { recursive: true });
  cpSync(launcher, file);
  writeFileSync(join(file, "..", "..", "package.json"), '{"type":"module"}');
  expect(readdirSync(join(file, ".."))).toEqual(["heddle.js"]);
  return file;
}
