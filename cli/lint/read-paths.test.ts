import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryIo } from "../../base/memory-io.ts";
import { FILE_BYTES_MAX, readPaths } from "./read-paths.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-lint-"));
  await mkdir(join(folder, "mesh", "deep"), { recursive: true });
  await mkdir(join(folder, "mesh", ".git"));
  for (const name of [
    "mesh/b.yaml",
    "mesh/a.yml",
    "mesh/deep/c.JSON",
    "mesh/.hidden.yaml",
    "mesh/.git/config.yaml",
    "mesh/notes.txt",
    "mesh/b.yaml~",
  ]) {
    await writeFile(join(folder, name), name);
  }
  await symlink(join(folder, "mesh"), join(folder, "mesh", "deep", "loop"));
  await writeFile(join(folder, "large.yaml"), "");
  await truncate(join(folder, "large.yaml"), FILE_BYTES_MAX + 1);
});
afterAll(() => rm(folder, { recursive: true }));

async function read(...paths: string[]) {
  const io = new MemoryIo({ workingFolder: folder, stdin: "from stdin" });
  const files = await readPaths(paths, io);
  return files.map(({ file, bytes }) => [file, new TextDecoder().decode(bytes)]);
}

describe("readPaths", () => {
  it("finds every manifest below a folder once, in order, and follows no loop", async () => {
    expect(await read("mesh")).toEqual([
      ["mesh/a.yml", "mesh/a.yml"],
      ["mesh/b.yaml", "mesh/b.yaml"],
      ["mesh/deep/c.JSON", "mesh/deep/c.JSON"],
    ]);
  });

  it("takes a file that is named, whatever its name", async () => {
    expect(await read("mesh/notes.txt")).toEqual([["mesh/notes.txt", "mesh/notes.txt"]]);
  });

  it("reads a file once although it is named twice", async () => {
    expect(await read("mesh/a.yml", "mesh/a.yml")).toHaveLength(1);
  });

  it("reads standard input", async () => {
    expect(await read("-")).toEqual([["<stdin>", "from stdin"]]);
  });

  // Nothing is closed to root.
  it.skipIf(process.getuid?.() === 0)("names a folder that may not be read", async () => {
    await mkdir(join(folder, "closed"), { mode: 0o000 });
    await expect(read("closed")).rejects.toThrow("cannot read closed: this user may not (EACCES)");
  });

  it("names what is not there, or too large", async () => {
    await expect(read("nowhere")).rejects.toThrow("there is no file or folder nowhere");
    await expect(read("large.yaml")).rejects.toThrow("large.yaml is larger than 4194304 bytes");
  });
});
