import { spawnSync } from "node:child_process";
import { closeSync, openSync, readlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { countOpenFiles, readOpenFilesMax } from "./open-files.ts";

const isLinux = process.platform === "linux";

describe.skipIf(!isLinux)("open files", () => {
  it("are counted", () => {
    const before = countOpenFiles() ?? 0;
    const opened = Array.from({ length: 20 }, () => openSync("/dev/null", "r"));
    const meanwhile = countOpenFiles() ?? 0;
    for (const fd of opened) closeSync(fd);
    expect(before).toBeGreaterThan(3);
    // Others of this process come and go too.
    expect(meanwhile - before).toBeGreaterThan(10);
    expect(meanwhile - before).toBeLessThan(30);
  });

  it("are limited by what the system allows this process", () => {
    const program = `
      import { readOpenFilesMax } from ${JSON.stringify(import.meta.resolve("./open-files.ts"))};
      console.log(readOpenFilesMax());`;
    const script = `ulimit -n 123 && exec "$0" --input-type=module -e '${program}'`;
    const node = readlinkSync("/proc/self/exe");
    const { stdout } = spawnSync("sh", ["-c", script, node], { encoding: "utf8" });
    expect(stdout).toBe("123\n");
    expect(readOpenFilesMax()).toBeGreaterThan(123);
  });
});
