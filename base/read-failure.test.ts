import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readFailure } from "./read-failure.ts";

async function failureOf(path: string): Promise<string> {
  return await readFile(path, "utf8").then(() => "read", readFailure);
}

it("says in words why nothing could be read, and once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "heddle-read-"));
  expect(await failureOf(join(folder, "no"))).toBe("it is not there (ENOENT)");
  expect(await failureOf(folder)).toBe("it is a folder (EISDIR)");
});

it("passes on what it has no words for", () => {
  expect(readFailure(new Error("the disk is on fire"))).toBe("the disk is on fire");
  expect(readFailure("odd")).toBe("odd");
});
