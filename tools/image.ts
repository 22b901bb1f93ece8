/**
 * The image that all containers run, made from this checkout and this system without a container
 * engine: `node tools/image.ts --output heddle.tar`. The same in gives the same out, to the byte.
 * With `--folder` only the file system is written, for a Containerfile to copy. With `--arch` it is
 * made for another architecture, from what npm and Debian have for that.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../base/version.ts";
import { bundlePrograms, UNBUNDLED_PACKAGES } from "./bundle-programs.ts";
import { writeImage } from "./image/archive.ts";
import { billOfMaterials, packageFolders } from "./image/bill-of-materials.ts";
import { ARCH_NAMES, type Arch } from "./image/elf.ts";
import { findOrigins, koffiPackage, type Origins, OWN_ARCH } from "./image/origins.ts";
import { collectRoot, file, IMAGE_UID, text, withFolders } from "./image/root-files.ts";
import { findOwners } from "./image/system-owners.ts";
import type { TarEntry } from "./image/tar.ts";

const root = join(import.meta.dirname, "..");
const BILL = "usr/share/heddle/bom.cdx.json";

const { values } = parseArgs({
  options: {
    output: { type: "string" },
    folder: { type: "string" },
    bill: { type: "string" },
    tag: { type: "string", default: `heddle:${VERSION}` },
    arch: { type: "string", default: OWN_ARCH },
    node: { type: "string" },
    system: { type: "string" },
  },
});
const { output, folder, bill, tag } = values;

if (output === undefined && folder === undefined && bill === undefined) {
  console.error("what to write? --output FILE.tar, --folder DIR, or --bill FILE.json");
  process.exitCode = 2;
} else {
  await makeImage(readArch(values.arch));
}

async function makeImage(arch: Arch): Promise<void> {
  const createdSeconds = Number(process.env.SOURCE_DATE_EPOCH ?? 0);
  const scratch = mkdtempSync(join(tmpdir(), "heddle-image-"));
  try {
    const { system: base, app } = await collectLayers(arch, createdSeconds, scratch);
    if (folder !== undefined) writeFolder(folder, [...base, ...app]);
    if (output === undefined) return;
    const digest = writeImage({
      ...{ output, tag, arch, createdSeconds },
      layers: [
        { comment: "Node, nftables, iptables", entries: base },
        { comment: `Heddle ${VERSION}`, entries: app },
      ],
      config: imageConfig(),
    });
    console.log(`${output}: ${tag} for ${arch}, ${digest}`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

async function collectLayers(arch: Arch, createdSeconds: number, scratch: string) {
  const origins = await findOrigins(arch, root, values, (line) => console.error(line));
  const { node, nodeVersion, system } = origins;
  const dist = join(scratch, "dist");
  const packages = join(scratch, "node_modules");
  const { sources } = await bundlePrograms({ folder: dist, isSmall: true });
  const unbundled = copyUnbundled(arch, origins, packages);
  const launcher = join(root, "config", "image", "heddle.js");
  const files = collectRoot({ arch, node, system, dist, packages, launcher });
  const debian = findOwners(files.taken, system);
  const npmFolders = [...new Set([...packageFolders(sources), ...unbundled])].sort();
  const contents = { arch, createdSeconds, nodeVersion, npmFolders, debian };
  const json = `${JSON.stringify(billOfMaterials(contents, root), null, 2)}\n`;
  if (bill !== undefined) writeFileSync(bill, json);
  const own = [text(BILL, json), file("usr/share/heddle/LICENSE", join(root, "LICENSE"))];
  const notices = noticesOf(
    debian.map(({ name }) => name),
    origins,
  );
  return {
    system: withFolders([...files.system, ...notices]),
    app: withFolders([...files.app, ...own]),
  };
}

/** The licences of what others made, as they ask for; the bundles hold those of npm's packages. */
function noticesOf(packages: readonly string[], { node, system }: Origins): readonly TarEntry[] {
  const places = packages.map((name) => `usr/share/doc/${name}/copyright`);
  const licence = join(node, "..", "..", "LICENSE");
  return [
    ...places
      .filter((path) => existsSync(join(system, path)))
      .map((path) => file(path, join(system, path))),
    ...(existsSync(licence) ? [file("usr/share/doc/node/LICENSE", licence)] : []),
  ];
}

function imageConfig(): Readonly<Record<string, unknown>> {
  return {
    User: `${IMAGE_UID}:${IMAGE_UID}`,
    Env: ["PATH=/usr/bin:/usr/sbin", "NODE_ENV=production"],
    Entrypoint: ["/usr/bin/heddle"],
    WorkingDir: "/",
    Labels: {
      "org.opencontainers.image.title": "Heddle",
      "org.opencontainers.image.description": "A service mesh: operator, webhook, proxy, heddle",
      "org.opencontainers.image.version": VERSION,
      "org.opencontainers.image.licenses": "Apache-2.0",
    },
  };
}

function readArch(text: string): Arch {
  if (text === "amd64" || text === "arm64") return text;
  throw new Error(`--arch ${text}: amd64 or arm64`);
}

/** What is loaded from node_modules at run time; returns the packages' folders. */
function copyUnbundled(arch: Arch, { koffi }: Origins, to: string): readonly string[] {
  const native = koffiPackage(arch);
  const platform = `linux_${ARCH_NAMES[arch].node}`;
  const files: Readonly<Record<string, readonly string[]>> = {
    koffi: [
      ...["package.json", "LICENSE.txt", "index.js", "index.cjs"],
      ...["src/koffi/index.js", "src/koffi/index.cjs", "src/koffi/src/static.cjs"],
      ...["src/koffi/src/static.js", "src/koffi/src/trampolines.cjs"],
    ],
    [native]: ["package.json", "index.js", `${platform}/koffi.node`],
  };
  const names = [...UNBUNDLED_PACKAGES, native];
  for (const name of names) {
    for (const path of files[name] ?? []) {
      const from = join(name === native ? koffi : join(root, "node_modules", name), path);
      if (!existsSync(from)) throw new Error(`${from} is not there`);
      mkdirSync(join(to, name, path, ".."), { recursive: true });
      copyFileSync(from, join(to, name, path));
    }
  }
  return names.map((name) => `node_modules/${name}`);
}

function writeFolder(to: string, entries: readonly TarEntry[]): void {
  for (const { path, mode, content } of entries) {
    const target = join(to, path);
    if (content.type === "folder") mkdirSync(target, { recursive: true });
    else if (content.type === "link") symlinkSync(content.target, target);
    else if (content.type === "file") copyFileSync(content.file, target);
    else writeFileSync(target, content.bytes);
    if (content.type !== "link") chmodSync(target, mode);
  }
}
