/**
 * The image for the architecture that this machine is not: made from what npm and Debian have for
 * it, since nothing of it runs here, or only in an emulator.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import { ARCH_NAMES, type Arch, readElf } from "../../tools/image/elf.ts";
import { findOrigins, OWN_ARCH } from "../../tools/image/origins.ts";
import { lockedPackage } from "../../tools/parts/npm-part.ts";
import { findProgram } from "../../tools/system-packages.ts";

const root = join(import.meta.dirname, "..", "..");
const OTHER: Arch = OWN_ARCH === "amd64" ? "arm64" : "amd64";
const names = ARCH_NAMES[OTHER];

const lacking = await findOrigins(OTHER, root, {}, (line) => console.log(line)).then(
  () => (findProgram("tar") === undefined ? "there is no tar" : undefined),
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);
if (lacking !== undefined) console.log(`skipped, the image for ${OTHER}: ${lacking}`);

const EMULATORS = { amd64: "qemu-x86_64-static", arm64: "qemu-aarch64-static" } as const;
const emulator = findProgram(EMULATORS[OTHER]);
const isRoot = process.getuid?.() === 0 && findProgram("chroot") !== undefined;
const canRun = emulator !== undefined && isRoot;
const why = emulator === undefined ? `there is no ${EMULATORS[OTHER]}` : "only root may chroot";
if (!canRun) console.log(`skipped, running the image for ${OTHER}: ${why}`);

/** Twice, which takes a minute on a busy machine. */
const MAKING_MS_MAX = 600_000;
/** An emulated Node takes seconds to start. */
const RUNNING_MS_MAX = 300_000;

let scratch = "";
let image = "";

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "heddle-other-image-"));
  image = join(scratch, "root");
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function makeImage(...args: readonly string[]): void {
  const tool = join(root, "tools", "image.ts");
  const env = { ...process.env, SOURCE_DATE_EPOCH: "1700000000" };
  execFileSync(process.execPath, [tool, "--arch", OTHER, ...args], { encoding: "utf8", env });
}

function readJson(...path: readonly string[]): unknown {
  return JSON.parse(readFileSync(join(...path), "utf8"));
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** Files of the image that are programs or libraries, from its root. */
function binaries(): readonly string[] {
  return globSync("**/*", { cwd: image }).filter((path) => {
    const file = join(image, path);
    return lstatSync(file).isFile() && firstBytes(file) === "7f454c46";
  });
}

function firstBytes(path: string): string {
  const bytes = Buffer.alloc(4);
  const file = openSync(path, "r");
  readSync(file, bytes);
  closeSync(file);
  return bytes.toString("hex");
}

describe.skipIf(lacking !== undefined)(`the image for ${OTHER}, made on ${OWN_ARCH}`, () => {
  it("is the same to the byte when it is made again", { timeout: MAKING_MS_MAX }, () => {
    const [first, second] = [join(scratch, "first.tar"), join(scratch, "second.tar")];
    makeImage("--output", first, "--bill", join(scratch, "bom.json"));
    makeImage("--output", second);
    expect(sha256(second)).toBe(sha256(first));
  });

  it("says for what it is, and how it starts", () => {
    const folder = join(scratch, "unpacked");
    for (const one of [folder, image]) mkdirSync(one);
    execFileSync("tar", ["-xf", join(scratch, "first.tar"), "-C", folder]);
    const index = readJson(folder, "index.json");
    expect(index).toMatchObject({
      manifests: [{ platform: { architecture: OTHER, os: "linux" } }],
    });
    const [saved] = readJson(folder, "manifest.json") as [{ Config: string; Layers: string[] }];
    expect(readJson(folder, saved.Config)).toMatchObject({
      architecture: OTHER,
      os: "linux",
      config: {
        User: "2103:2103",
        Entrypoint: ["/usr/bin/heddle"],
        Labels: {
          "org.opencontainers.image.title": "Heddle",
          "org.opencontainers.image.version": VERSION,
          "org.opencontainers.image.licenses": "Apache-2.0",
        },
      },
      rootfs: { diff_ids: saved.Layers.map((path) => path.replace("blobs/sha256/", "sha256:")) },
    });
    for (const layer of saved.Layers) {
      expect(sha256(join(folder, layer))).toBe(layer.replace("blobs/sha256/", ""));
      execFileSync("tar", ["-xf", join(folder, layer), "-C", image]);
    }
  });

  it("has no file that is for another machine, and koffi's own", () => {
    const found = binaries();
    const machines = found.map((path) => readElf(readFileSync(join(image, path))).machine);
    expect(machines).toEqual(found.map(() => names.machine));
    const koffi = `opt/heddle/node_modules/@koromix/koffi-linux-${names.node}`;
    const needed = ["usr/bin/node", "usr/sbin/nft", "usr/sbin/xtables-nft-multi"];
    for (const path of [...needed, `${koffi}/linux_${names.node}/koffi.node`]) {
      expect(found).toContain(path);
    }
  });

  it("has every library where its programs look for it", () => {
    const folders = [`lib/${names.triplet}`, `usr/lib/${names.triplet}`, "lib64", "lib", "usr/lib"];
    const all = binaries();
    for (const path of all) {
      const { interpreter, libraries } = readElf(readFileSync(join(image, path)));
      if (interpreter !== undefined) expect(all).toContain(interpreter.slice(1));
      for (const name of libraries) {
        const places = folders.map((folder) => `${folder}/${name}`);
        expect(
          all.some((one) => places.includes(one)),
          `${path} needs ${name}`,
        ).toBe(true);
      }
    }
  });

  it("consists of packages for it, each with its licence", () => {
    const bill = readJson(scratch, "bom.json");
    expect(readJson(image, "usr/share/heddle/bom.cdx.json")).toEqual(bill);
    const components = isRecord(bill) && Array.isArray(bill.components) ? bill.components : [];
    const purls = components.flatMap((one: unknown) => (isRecord(one) ? [String(one.purl)] : []));
    const debian = purls.filter((purl) => purl.startsWith("pkg:deb/"));
    expect(debian.filter((purl) => !purl.endsWith(`?arch=${OTHER}`))).toEqual([]);
    for (const name of ["nftables", "iptables", "libc6", "libstdc++6", "libatomic1"]) {
      expect(
        debian.some((purl) => purl.startsWith(`pkg:deb/debian/${name}@`)),
        name,
      ).toBe(true);
      expect(lstatSync(join(image, `usr/share/doc/${name}/copyright`)).isFile()).toBe(true);
    }
    expect(purls).toContain(
      `pkg:generic/node@${lockedPackage(`node-linux-${names.node}`).version}`,
    );
    const koffi = `@koromix/koffi-linux-${names.node}`;
    const { version } = lockedPackage(koffi);
    expect(purls).toContain(`pkg:npm/${koffi.replace("@", "%40")}@${version}`);
    expect(purls.filter((purl) => purl.includes(`koffi-linux-${ownNodeName()}@`))).toEqual([]);
  });

  it.skipIf(!canRun)("runs in an emulator, as nobody special", { timeout: RUNNING_MS_MAX }, () => {
    copyFileSync(emulator ?? "", join(image, "emulator"));
    const inside = (...command: readonly string[]) =>
      spawnSync("chroot", ["--userspec=2103:2103", image, "/emulator", ...command], {
        encoding: "utf8",
        env: { PATH: "/usr/bin:/usr/sbin" },
      });
    const version = inside("/usr/bin/node", "/usr/bin/heddle", "version");
    expect(version.stdout).toContain(VERSION);
    const load = 'require("module").createRequire("/opt/heddle/dist/x.js")("koffi").load(null)';
    expect(inside("/usr/bin/node", "-e", load)).toMatchObject({ status: 0, stderr: "" });
  });
});

function ownNodeName(): string {
  return ARCH_NAMES[OWN_ARCH].node;
}
