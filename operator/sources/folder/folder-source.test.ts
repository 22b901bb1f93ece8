import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock, systemTimers } from "../../../base/platform/system.ts";
import { StateFile } from "../../state/state-file.ts";
import { FolderSource, type FolderSourceOptions, type RescanReason } from "./folder-source.ts";
import { readLines, serviceId } from "./sample-manifests.ts";

let base: string;
let folder: string;
let sources: FolderSource[];
/** Every state of `seen` that a listener could observe, oldest first. */
let history: string[];
let looks: RescanReason[];
let awaitsLook: (() => void)[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "heddle-folder-"));
  folder = join(base, "mesh");
  mkdirSync(folder);
  sources = [];
  history = [];
  looks = [];
  awaitsLook = [];
});

afterEach(async () => {
  for (const source of sources) await source.stop();
  rmSync(base, { recursive: true, force: true });
});

function createSource(fields: Partial<FolderSourceOptions> = {}): FolderSource {
  const source = new FolderSource({
    folder,
    readManifests: readLines,
    state: new StateFile({ folder: join(base, "state"), timers: systemTimers, report: () => {} }),
    clock: systemClock,
    timers: systemTimers,
    observer: {
      rescanned: (reason) => {
        looks.push(reason);
        for (const looked of awaitsLook.splice(0)) looked();
      },
      watching: () => {},
    },
    ...fields,
  });
  source.subscribe(() => history.push(seen(source)));
  sources.push(source);
  return source;
}

/** `web:80 api:1`, in order. */
function seen(source: FolderSource): string {
  const texts: string[] = [];
  for (const { ref, live } of source.list()) {
    if (live?.intent.type === "service") texts.push(`${ref.name}:${live.intent.ports[0]?.port}`);
  }
  return texts.sort().join(" ");
}

/** Waits for what the system tells, with the test's own limit as the end of patience. */
function until(source: FolderSource, done: () => boolean): Promise<void> {
  if (done()) return Promise.resolve();
  return new Promise((resolve) => {
    const unsubscribe = source.subscribe(() => {
      if (!done()) return;
      unsubscribe();
      resolve();
    });
  });
}

/** Resolves when the folder has been looked at once more, and before it is looked at again. */
const nextLook = () => new Promise<void>((resolve) => awaitsLook.push(resolve));

const shows = (source: FolderSource, text: string) => until(source, () => seen(source) === text);

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe("reading", () => {
  it("takes manifests of all depths, and leaves the rest alone", async () => {
    mkdirSync(join(folder, "deep/deeper"), { recursive: true });
    mkdirSync(join(folder, ".git"));
    write("a.yaml", "a 1");
    write("deep/b.yml", "b 2");
    write("deep/deeper/c.json", '{"name":"c","port":"3"}');
    for (const name of [".a.yaml", "#a.yaml", "a.yaml~", "a.yaml.swp", "a.txt", ".git/x.yaml"]) {
      write(name, "wrong 9");
    }
    const source = createSource();
    expect(source.synced).toBe(false);
    await source.start();
    expect(source.synced).toBe(true);
    expect(seen(source)).toBe("a:1 b:2 c:3");
    expect(source.problems()).toEqual([]);
  });

  it("reports what cannot be read, and reads the rest", async () => {
    write("a.yaml", "a 1");
    writeFileSync(join(folder, "b.yaml"), Buffer.from([0x61, 0xff, 0xfe]));
    symlinkSync("/nowhere/at/all", join(folder, "c.yaml"));
    write("d.yaml", "x".repeat(5 * 1024 * 1024));
    const source = createSource();
    await source.start();
    expect(seen(source)).toBe("a:1");
    const files = source.problems().map(({ file, code }) => `${file.slice(-6)} ${code}`);
    expect(files.sort()).toEqual(["b.yaml unreadable", "c.yaml unreadable", "d.yaml unreadable"]);
  });

  it("ends on links that go round in a circle", async () => {
    write("a.yaml", "a 1");
    symlinkSync(folder, join(folder, "loop"));
    const source = createSource();
    await source.start();
    expect(seen(source)).toBe("a:1");
  });
});

describe("watching", () => {
  it("sees files that are written, added and removed", async () => {
    write("a.yaml", "a 1");
    const source = createSource();
    await source.start();
    write("a.yaml", "a 2");
    await shows(source, "a:2");
    write("b.yaml", "b 1");
    await shows(source, "a:2 b:1");
    unlinkSync(join(folder, "a.yaml"));
    await shows(source, "b:1");
  });

  it("sees new folders, and what is then written into them", async () => {
    const source = createSource();
    await source.start();
    mkdirSync(join(folder, "x/y"), { recursive: true });
    write("x/y/a.yaml", "a 1");
    await shows(source, "a:1");
    write("x/y/a.yaml", "a 2");
    await shows(source, "a:2");
  });

  it("never shows an object as gone while an editor replaces its file", async () => {
    write("a.yaml", "a 1");
    const source = createSource();
    await source.start();
    writeFileSync(join(base, "new"), "a 2");
    renameSync(join(folder, "a.yaml"), join(folder, "a.yaml~"));
    renameSync(join(base, "new"), join(folder, "a.yaml"));
    await shows(source, "a:2");
    expect(history).not.toContain("");
  });

  it("follows a link that is swapped, as a mounted ConfigMap is", async () => {
    for (const [name, port] of [
      ["..1", "1"],
      ["..2", "2"],
    ] as const) {
      mkdirSync(join(folder, name));
      write(`${name}/a.yaml`, `a ${port}`);
      write(`${name}/b.yaml`, `b ${port}`);
    }
    symlinkSync("..1", join(folder, "..data"));
    symlinkSync("..data/a.yaml", join(folder, "a.yaml"));
    symlinkSync("..data/b.yaml", join(folder, "b.yaml"));
    const source = createSource();
    await source.start();
    expect(seen(source)).toBe("a:1 b:1");
    symlinkSync("..2", join(folder, "..new"));
    renameSync(join(folder, "..new"), join(folder, "..data"));
    rmSync(join(folder, "..1"), { recursive: true });
    await shows(source, "a:2 b:2");
    expect(new Set(history)).toEqual(new Set(["a:1 b:1", "a:2 b:2"]));
  });

  it("sees changes of a linked file where it really stands", async () => {
    mkdirSync(join(base, "elsewhere"));
    writeFileSync(join(base, "elsewhere/real"), "a 1");
    symlinkSync(join(base, "elsewhere/real"), join(folder, "a.yaml"));
    const source = createSource();
    await source.start();
    writeFileSync(join(base, "elsewhere/real"), "a 2");
    await shows(source, "a:2");
  });

  it("takes a burst of writes in few steps", async () => {
    const source = createSource();
    await source.start();
    looks = [];
    for (let n = 0; n < 300; n++) write(`f${n}.yaml`, `s${n} 1`);
    for (let n = 0; n < 300; n++) write(`f${n}.yaml`, `s${n} 2`);
    await until(source, () =>
      seen(source)
        .split(" ")
        .every((text) => text.endsWith(":2")),
    );
    await until(source, () => seen(source).split(" ").length === 300);
    expect(looks.length).toBeLessThan(10);
  });

  it("keeps its objects while the folder is gone, and goes on when it is back", async () => {
    write("a.yaml", "a 1");
    const source = createSource();
    await source.start();
    rmSync(folder, { recursive: true });
    await until(source, () => source.problems().length > 0);
    expect(seen(source)).toBe("a:1");
    expect(source.problems()).toMatchObject([{ code: "unreadable", file: folder }]);
    mkdirSync(folder);
    write("a.yaml", "a 2");
    await shows(source, "a:2");
    write("a.yaml", "a 3");
    await shows(source, "a:3");
  });
});

it("looks from time to time, and says so, where the system refuses to watch", async () => {
  write("a.yaml", "a 1");
  const delaysMs: number[] = [];
  const source = createSource({
    watchFolder: () => {
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    },
    timers: {
      set: (delayMs, callback) => {
        delaysMs.push(delayMs);
        return systemTimers.set(Math.min(delayMs, 20), callback);
      },
      clear: systemTimers.clear,
    },
  });
  await source.start();
  expect(source.problems()).toMatchObject([
    { severity: "warning", code: "not-watched", hint: "raise fs.inotify.max_user_watches" },
  ]);
  write("a.yaml", "a 2");
  await shows(source, "a:2");
  expect(looks).toContain("period");
  expect(delaysMs).toContain(2_000);
});

describe("a file that looks half-written", () => {
  it("is given time to be whole before anything is said", async () => {
    write("a.yaml", "a 1\nb 1");
    const source = createSource();
    await source.start();
    write("a.yaml", "a 2\n!!");
    await nextLook();
    expect(seen(source)).toBe("a:1 b:1");
    appendFileSync(join(folder, "a.yaml"), "");
    write("a.yaml", "a 2\nb 2");
    await shows(source, "a:2 b:2");
    expect(history.filter((text) => text !== "a:1 b:1" && text !== "a:2 b:2")).toEqual([]);
    expect(source.problems()).toEqual([]);
  });

  it("is reported when it stays so, and what it said last stays in force", async () => {
    write("a.yaml", "a 1\nb 1");
    const source = createSource();
    await source.start();
    write("a.yaml", "a 2\n!!");
    await until(source, () => source.problems().length > 0);
    expect(source.problems()).toMatchObject([{ code: "syntax", line: 2 }]);
    expect(seen(source)).toBe("a:2 b:1");
  });

  it("counts as empty only when it stays empty", async () => {
    write("a.yaml", "a 1");
    const source = createSource();
    await source.start();
    write("a.yaml", "");
    await nextLook();
    expect(seen(source)).toBe("a:1");
    await shows(source, "");
  });
});

describe("over a restart", () => {
  it("an invalid edit keeps the last good version, with its generation", async () => {
    write("a.yaml", "a 1");
    const first = createSource();
    await first.start();
    write("a.yaml", "a 2");
    await shows(first, "a:2");
    write("a.yaml", "a bad");
    await until(first, () => first.get(serviceId("a"))?.problems.length === 1);
    await first.stop();
    const second = createSource();
    await second.start();
    expect(seen(second)).toBe("a:2");
    expect(second.get(serviceId("a"))).toMatchObject({
      ref: { generation: 3 },
      live: { ref: { generation: 2 } },
    });
  });

  const readsAll = process.getuid?.() === 0;
  it.skipIf(readsAll)("a file that may not be read keeps its objects", async () => {
    write("a.yaml", "a 1");
    const first = createSource();
    await first.start();
    await first.stop();
    chmodSync(join(folder, "a.yaml"), 0);
    const second = createSource();
    await second.start();
    expect(seen(second)).toBe("a:1");
  });
});
