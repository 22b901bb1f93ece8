import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram } from "../system-packages.ts";
import { type TarEntry, writeTar } from "./tar.ts";

const tar = findProgram("tar");
const LONG = `${"folder/".repeat(20)}${"name".repeat(20)}`;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-tar-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

function entries(): readonly TarEntry[] {
  writeFileSync(join(folder, "source"), "x".repeat(5_000));
  const bytes = Buffer.from("text\n");
  return [
    { path: "bin", mode: 0o755, content: { type: "folder" } },
    { path: "bin/tool", mode: 0o755, content: { type: "file", file: join(folder, "source") } },
    { path: "bin/link", mode: 0o777, content: { type: "link", target: "tool" } },
    { path: "etc-text", mode: 0o644, content: { type: "bytes", bytes } },
    { path: LONG, mode: 0o600, content: { type: "bytes", bytes: Buffer.alloc(0) } },
  ];
}

describe("writeTar", () => {
  it.skipIf(tar === undefined)("writes what the system's tar reads", () => {
    const file = join(folder, "a.tar");
    writeTar(file, entries(), 1_700_000_000);
    const listed = execFileSync(tar ?? "", ["--utc", "-tvf", file], { encoding: "utf8" });
    expect(listed.replaceAll(/ +/g, " ").trim().split("\n")).toEqual([
      "drwxr-xr-x root/root 0 2023-11-14 22:13 bin/",
      "-rwxr-xr-x root/root 5000 2023-11-14 22:13 bin/tool",
      "lrwxrwxrwx root/root 0 2023-11-14 22:13 bin/link -> tool",
      "-rw-r--r-- root/root 5 2023-11-14 22:13 etc-text",
      `-rw------- root/root 0 2023-11-14 22:13 ${LONG}`,
    ]);
    const args = ["-xOf", file, "etc-text"];
    expect(execFileSync(tar ?? "", args, { encoding: "utf8" })).toBe("text\n");
  });

  it("says what it wrote", () => {
    const file = join(folder, "b.tar");
    const { sizeBytes, sha256 } = writeTar(file, entries(), 0);
    expect(sizeBytes).toBe(statSync(file).size);
    expect(sha256).toBe(createHash("sha256").update(readFileSync(file)).digest("hex"));
  });

  it("refuses a path that the format cannot hold", () => {
    const entry: TarEntry = { path: "x".repeat(300), mode: 0o644, content: { type: "folder" } };
    expect(() => writeTar(join(folder, "c.tar"), [entry], 0)).toThrow("too long");
  });
});
