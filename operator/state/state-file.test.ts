import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import type { RememberedObject } from "./remembered-object.ts";
import { StateFile } from "./state-file.ts";

let base: string;
let reports: string[];
let timers: ManualTimers;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "heddle-state-"));
  reports = [];
  timers = new ManualTimers();
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function createFile(folder = join(base, "state")): StateFile {
  return new StateFile({ folder, timers, report: (message) => reports.push(message) });
}

function remembered(name: string, generation = 1): RememberedObject {
  return {
    id: `/Service/shop/${name}`,
    generation,
    contentHash: "00",
    file: "a.yaml",
    createdAtWallMs: 5,
    accepted: {
      generation,
      raw: { kind: "Service" },
      location: { file: "a.yaml", document: 0, line: 1, column: 1 },
    },
  };
}

it("gives back what was remembered, and not what was forgotten", async () => {
  const file = createFile();
  expect((await file.load()).size).toBe(0);
  for (const name of ["a", "b", "c"]) file.remember(`/Service/shop/${name}`, remembered(name));
  file.remember("/Service/shop/b", null);
  file.remember("/Service/shop/a", remembered("a", 7));
  await file.flush();
  const again = await createFile().load();
  expect([...again.keys()]).toEqual(["/Service/shop/a", "/Service/shop/c"]);
  expect(again.get("/Service/shop/a")).toEqual(remembered("a", 7));
  expect(reports).toEqual([]);
});

it("writes once for many changes, by itself, and leaves nothing beside the file", async () => {
  const file = createFile();
  for (let n = 0; n < 100; n++) file.remember(`/Service/shop/s${n}`, remembered(`s${n}`));
  expect(timers.pendingCount).toBe(1);
  timers.advance(1000);
  await file.flush();
  expect(readFileSync(file.path, "utf8").split("\n")).toHaveLength(102);
  expect(readdirSync(join(base, "state"))).toEqual(["objects.jsonl"]);
  expect(statSync(file.path).mode & 0o077).toBe(0);
});

it("reports damaged lines one by one and keeps the others", async () => {
  const file = createFile();
  for (const name of ["a", "b", "c"]) file.remember(`/Service/shop/${name}`, remembered(name));
  await file.flush();
  const lines = readFileSync(file.path, "utf8").split("\n");
  lines[2] = lines[2]?.slice(0, 40) ?? "";
  writeFileSync(file.path, `${lines.join("\n")}{"id":1}\n`);
  const again = await createFile().load();
  expect([...again.keys()]).toEqual(["/Service/shop/a", "/Service/shop/c"]);
  expect(reports).toHaveLength(2);
  expect(reports[0]).toContain("objects.jsonl:3 is damaged");
});

it("leaves a file of an unknown format behind", async () => {
  const file = createFile();
  file.remember("/Service/shop/a", remembered("a"));
  await file.flush();
  for (const text of ["", "rubbish", '{"format":"heddle-objects","version":2}\n', "\u0000\u0001"]) {
    writeFileSync(file.path, text);
    reports = [];
    const next = createFile();
    expect((await next.load()).size).toBe(0);
    expect(reports).toHaveLength(1);
    next.remember("/Service/shop/b", remembered("b"));
    await next.flush();
    expect((await createFile().load()).size).toBe(1);
  }
});

it("reports once that it cannot write, and goes on", async () => {
  writeFileSync(join(base, "state"), "a file where the folder should be");
  const file = createFile();
  for (const name of ["a", "b"]) {
    file.remember(`/Service/shop/${name}`, remembered(name));
    await file.flush();
  }
  expect(reports).toHaveLength(1);
  rmSync(join(base, "state"));
  file.remember("/Service/shop/c", remembered("c"));
  await file.flush();
  expect((await createFile().load()).size).toBe(3);
});
