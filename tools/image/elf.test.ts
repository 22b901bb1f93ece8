import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findProgram } from "../system-packages.ts";
import { type Arch, findLibraries, readElf } from "./elf.ts";

const arch: Arch = process.arch === "arm64" ? "arm64" : "amd64";
const ldd = findProgram("ldd");

describe.skipIf(process.platform !== "linux" || ldd === undefined)("findLibraries", () => {
  it("finds the libraries that the system's own loader finds", () => {
    const node = process.execPath;
    const theirs = execFileSync(ldd ?? "", [node], { encoding: "utf8" })
      .split("\n")
      .flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
    expect([...findLibraries([node], arch, "/").keys()].sort()).toEqual([...theirs].sort());
  });

  it("refuses a program of another architecture", () => {
    const other: Arch = arch === "amd64" ? "arm64" : "amd64";
    expect(() => findLibraries([process.execPath], other, "/")).toThrow(`is not for ${other}`);
  });

  it("names what is missing", () => {
    expect(() => findLibraries([process.execPath], arch, "/nonexistent")).toThrow(/needs lib\S+/);
  });
});

describe("readElf", () => {
  it("refuses what is no such file", () => {
    expect(() => readElf(readFileSync(import.meta.filename))).toThrow("no 64-bit");
  });
});
