import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BuildLock } from "./build-lock.ts";
import { isAtLeast, obtainGoPart } from "./go-part.ts";
import { KUBE_PARTS } from "./kube-parts.ts";
import { NODE_PARTS } from "./node-parts.ts";
import { cachedFile, obtainPart } from "./part.ts";

const NEVER = { name: "loom", version: "1.2.3" };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-parts-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function bringLoom(into: string): Promise<string> {
  const file = join(into, "anything");
  await writeFile(file, "#!/bin/sh\necho loom\n");
  return file;
}

describe("obtainPart", () => {
  it("brings a part once, and finds it afterwards", async () => {
    const bring = vi.fn(bringLoom);
    const first = await obtainPart(NEVER, () => {}, bring);
    expect(first).toEqual({ file: join(folder, "heddle", "loom-1.2.3", "loom") });
    expect(await obtainPart(NEVER, () => {}, bring)).toEqual(first);
    expect(bring).toHaveBeenCalledTimes(1);
  });

  it("brings it once for two that ask at the same time, and tells who waits", async () => {
    const told: string[] = [];
    const bring = vi.fn(bringLoom);
    const both = [1, 2].map(() => obtainPart(NEVER, (line) => told.push(line), bring));
    const [one, other] = await Promise.all(both);
    expect(one).toEqual(other);
    expect(bring).toHaveBeenCalledTimes(1);
    expect(told).toEqual(["loom 1.2.3: waiting for another run that brings a part"]);
  });

  it("keeps nothing of one that could not be brought, and says why", async () => {
    const part = await obtainPart(
      NEVER,
      () => {},
      async (into) => {
        await bringLoom(into);
        throw new Error("the thread broke");
      },
    );
    expect(part).toEqual({ missing: "loom 1.2.3 could not be had: the thread broke" });
    expect(existsSync(cachedFile(NEVER))).toBe(false);
    expect(readdirSync(join(folder, "heddle"))).toEqual(["loom-1.2.3"]);
  });
});

describe("the lock", () => {
  it.runIf(process.platform === "linux")("is not kept by a builder that died", async () => {
    const script =
      `import { BuildLock } from ${JSON.stringify(join(import.meta.dirname, "build-lock.ts"))};\n` +
      `await BuildLock.take(${JSON.stringify(folder)}, () => {});\nconsole.log("taken");\n`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const waits = vi.fn(() => child.kill("SIGKILL"));
    const lock = await BuildLock.take(folder, waits);
    expect(waits).toHaveBeenCalledTimes(1);
    await lock.release();
  });
});

describe("what the machine has", () => {
  function install(name: string, says: string): string {
    const file = join(folder, "assets", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
    return file;
  }

  it("comes before the cache, by folder and by file", async () => {
    const file = install("etcd", "etcd Version: 3.6.1");
    vi.stubEnv("ETCD", file);
    expect(await obtainGoPart(KUBE_PARTS.etcd, () => {})).toEqual({ file });
    vi.stubEnv("ETCD", "");
    vi.stubEnv("KUBEBUILDER_ASSETS", dirname(file));
    expect(await obtainGoPart(KUBE_PARTS.etcd, () => {})).toEqual({ file });
  });

  it("is passed over when it is too old", async () => {
    vi.stubEnv("ETCD", install("etcd", "etcd Version: 3.4.23"));
    vi.stubEnv("PATH", dirname(process.execPath));
    expect(await obtainGoPart(KUBE_PARTS.etcd, () => {})).toEqual({
      missing: "etcd 3.6.5 could not be had: Go is not installed",
    });
  });

  it.each([
    ["Kubernetes v1.36.3", [1, 34], true],
    ["Kubernetes v1.34.0", [1, 34], true],
    ["Kubernetes v1.9.11", [1, 34], false],
    ["etcd Version: 3.5.9\nGit SHA: 1.2.3", [3, 5, 13], false],
    ["etcd Version: 3.5.13", [3, 5, 13], true],
    ["no version", [1], false],
  ])("%j, at least %j: %s", (said, oldest, expected) => {
    expect(isAtLeast(said, oldest)).toBe(expected);
  });
});

describe("the rows", () => {
  it.each(Object.entries({ ...KUBE_PARTS, ...NODE_PARTS }))(
    "%s has its own name",
    (key, { name }) => {
      expect(name).toBe(key);
    },
  );
});
