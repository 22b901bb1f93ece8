import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import { findProgram } from "../../tools/system-packages.ts";

const root = join(import.meta.dirname, "..", "..");
const missing = ["nft", "xtables-nft-multi", "xtables-legacy-multi", "tar"].filter(
  (program) => findProgram(program) === undefined,
);
if (missing.length > 0) console.log(`skipped, the image: there is no ${missing.join(", ")}`);
const isRoot = process.getuid?.() === 0 && findProgram("chroot") !== undefined;
if (!isRoot) console.log("skipped, running the image: only root may change the root folder");
const canIsolate = isRoot && spawnSync("unshare", ["--net", "true"]).status === 0;
const npm = findProgram("npm");

let scratch = "";

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "heddle-image-test-"));
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function makeImage(...args: readonly string[]): string {
  const tool = join(root, "tools", "image.ts");
  const env = { ...process.env, SOURCE_DATE_EPOCH: "1700000000" };
  return execFileSync(process.execPath, [tool, ...args], { encoding: "utf8", env });
}

/** Twice, which takes a minute on a busy machine. */
const MAKING_MS_MAX = 600_000;

function readJson(...path: readonly string[]): unknown {
  return JSON.parse(readFileSync(join(...path), "utf8"));
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

describe.skipIf(missing.length > 0)("the image", () => {
  it("is the same to the byte when it is made again", { timeout: MAKING_MS_MAX }, () => {
    const first = join(scratch, "first.tar");
    const second = join(scratch, "second.tar");
    makeImage("--output", first, "--bill", join(scratch, "bom.json"));
    makeImage("--output", second);
    expect(sha256(second)).toBe(sha256(first));
  });

  it("is what its digests say, and holds what containers need", () => {
    const folder = join(scratch, "unpacked");
    mkdirSync(folder);
    execFileSync("tar", ["-xf", join(scratch, "first.tar"), "-C", folder]);
    const blobs = execFileSync("ls", [join(folder, "blobs", "sha256")], { encoding: "utf8" });
    for (const name of blobs.trim().split("\n")) {
      expect(sha256(join(folder, "blobs", "sha256", name))).toBe(name);
    }
    const [saved] = readJson(folder, "manifest.json") as [
      { Config: string; RepoTags: string[]; Layers: string[] },
    ];
    expect(saved.RepoTags).toEqual([`heddle:${VERSION}`]);
    const config = readJson(folder, saved.Config);
    expect(config).toMatchObject({
      os: "linux",
      created: "2023-11-14T22:13:20Z",
      config: { User: "2103:2103", Entrypoint: ["/usr/bin/heddle"] },
      rootfs: { diff_ids: saved.Layers.map((path) => path.replace("blobs/sha256/", "sha256:")) },
    });
    const image = join(scratch, "root");
    mkdirSync(image);
    for (const layer of saved.Layers) {
      execFileSync("tar", ["-xf", join(folder, layer), "-C", image]);
    }
  });

  it.skipIf(!isRoot)("runs as nobody special, with all that it needs", () => {
    const inside = (user: string, ...command: readonly string[]) =>
      spawnSync("chroot", [`--userspec=${user}`, join(scratch, "root"), ...command], {
        encoding: "utf8",
        env: { PATH: "/usr/bin:/usr/sbin" },
      });
    expect(inside("2103:2103", "heddle", "version").stdout).toContain(VERSION);
    for (const program of ["operator", "webhook", "proxy", "init"]) {
      const help = inside("2103:2103", "heddle", program, "--help");
      expect(help).toMatchObject({ status: 0, stderr: "" });
      expect(help.stdout).toContain(`heddle ${program}`);
    }
    const load = 'require("module").createRequire("/opt/heddle/dist/x.js")("koffi").load(null)';
    expect(inside("2103:2103", "node", "-e", load)).toMatchObject({ status: 0, stderr: "" });
  });

  it.skipIf(!canIsolate)("redirects connections by either of its tools", () => {
    const inside = (...command: readonly string[]) =>
      spawnSync("unshare", ["--net", "chroot", join(scratch, "root"), ...command], {
        encoding: "utf8",
        env: { PATH: "/usr/bin:/usr/sbin" },
      });
    const ports = ["--inbound-port=4143", "--outbound-port=4140", "--admin-port=4191"];
    const redirected = inside("heddle", "init", ...ports, "--uid=2102");
    expect(redirected.stdout + redirected.stderr).toContain("redirected by");
    for (const tool of ["nft", "iptables-nft-restore", "ip6tables-legacy-save"]) {
      expect(inside(tool, "--version").status).toBe(0);
    }
  });

  it.skipIf(npm === undefined)("consists of packages that npm knows of as well", () => {
    const args = ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"];
    const theirs: unknown = JSON.parse(
      execFileSync(npm ?? "", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 }),
    );
    const known = purlsOf(theirs);
    const ours = purlsOf(readJson(scratch, "bom.json"));
    expect(ours.filter((purl) => purl.startsWith("pkg:npm/") && !known.includes(purl))).toEqual([]);
    expect(ours).toContain(`pkg:generic/node@${process.versions.node}`);
    expect(ours.some((purl) => purl.startsWith("pkg:npm/ws@"))).toBe(true);
  });

  it("says what it lacks for another architecture", () => {
    const other = process.arch === "arm64" ? "amd64" : "arm64";
    const tool = join(root, "tools", "image.ts");
    const args = [tool, "--output", join(scratch, "other.tar"), "--arch", other];
    // Nothing was fetched before, and there is nothing to fetch with.
    const env = { XDG_CACHE_HOME: join(scratch, "cache"), PATH: join(scratch, "nothing") };
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(
      new RegExp(`debian-${other} \\S+ could not be had: there is no apt-get`),
    );
  });
});

function purlsOf(bill: unknown): readonly string[] {
  const components = isRecord(bill) && Array.isArray(bill.components) ? bill.components : [];
  return components.flatMap((one: unknown) =>
    isRecord(one) && typeof one.purl === "string" ? [one.purl] : [],
  );
}

describe("the Containerfile", () => {
  const text = readFileSync(join(root, "config", "image", "Containerfile"), "utf8");

  it("makes an image with the same user, entry point, path and version", () => {
    expect(text).toMatch(/^USER 2103:2103$/m);
    expect(text).toMatch(/^ENTRYPOINT \["\/usr\/bin\/heddle"\]$/m);
    expect(text).toMatch(/^ENV PATH=\/usr\/bin:\/usr\/sbin NODE_ENV=production$/m);
    expect(text).toMatch(/^FROM scratch$/m);
    expect(text).toContain(`org.opencontainers.image.version="${VERSION}"`);
  });
});
