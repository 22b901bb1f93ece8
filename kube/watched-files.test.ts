import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ManualTimers } from "../base/timers.ts";
import { untilInTime } from "../test/harness/until.ts";
import { WATCHED_FILES_LIMITS, WatchedFiles } from "./watched-files.ts";

let folder: string;
let timers: ManualTimers;
let files: WatchedFiles;
let told: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-watched-"));
  timers = new ManualTimers();
  told = [];
  files = new WatchedFiles({
    paths: [join(folder, "data", "a"), join(folder, "data", "b")],
    timers,
    changed: (texts) => told.push(texts.join(" ")),
    failed: (message) =>
      told.push(/\(([A-Z]+)\)$/.exec(message)?.[1] ?? message.split(":")[0] ?? ""),
  });
});

afterEach(() => {
  files.stop();
  rmSync(folder, { recursive: true });
});

/** As the kubelet does it: a new folder, and a link that is exchanged at once. */
function publish(version: string, a: string, b: string): void {
  mkdirSync(join(folder, version));
  writeFileSync(join(folder, version, "a"), a);
  writeFileSync(join(folder, version, "b"), b);
  symlinkSync(version, join(folder, "next"));
  renameSync(join(folder, "next"), join(folder, "data"));
}

async function toldAll(wanted: readonly string[]): Promise<void> {
  const { rereadMs } = WATCHED_FILES_LIMITS;
  await untilInTime(
    timers,
    rereadMs,
    () => JSON.stringify(told),
    () => told.length >= wanted.length,
  );
  expect(told).toEqual(wanted);
}

it("tells what stands in the files, and what stands there later", async () => {
  publish("one", "a1", "b1");
  await files.start();
  expect(told).toEqual(["a1 b1"]);
  publish("two", "a1", "b2");
  await toldAll(["a1 b1", "a1 b2"]);
});

it("tells once that they cannot be read, and goes on trying", async () => {
  await files.start();
  expect(told).toEqual(["ENOENT"]);
  publish("one", "a", "b");
  await toldAll(["ENOENT", "a b"]);
  rmSync(join(folder, "data"));
  await toldAll(["ENOENT", "a b", "ENOENT"]);
});

it("takes no file that is longer than anything it should be", async () => {
  publish("one", "a", "b".repeat(WATCHED_FILES_LIMITS.charsMax + 1));
  await files.start();
  expect(told).toEqual([expect.stringContaining("is longer than")]);
});

it("tells nothing after it was stopped", async () => {
  publish("one", "a", "b");
  const starting = files.start();
  files.stop();
  await starting;
  expect([told, timers.pendingCount]).toEqual([[], 0]);
});
