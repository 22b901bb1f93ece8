/**
 * The file system of the image: Node, the libraries that it and the tools need, nftables and
 * iptables for redirecting, and our bundles. No shell, no package manager, nothing else.
 */
import { existsSync, globSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { ARCH_NAMES, type Arch, findLibraries } from "./elf.ts";
import type { TarEntry } from "./tar.ts";

/** Neither root nor the user that proxies run as, which redirecting lets pass. */
export const IMAGE_UID = 2103;

const APP = "opt/heddle";
const MODE = { program: 0o755, file: 0o644, folder: 0o755, scratch: 0o1777 } as const;

/** Names under which one program of the system is called. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  nft: [],
  "xtables-nft-multi": tableTools("nft").concat(tableTools("")),
  "xtables-legacy-multi": tableTools("legacy"),
};

function tableTools(kind: string): readonly string[] {
  return ["iptables", "ip6tables"].flatMap((family) =>
    ["", "restore", "save"].map((verb) =>
      [family, kind, verb].filter((part) => part !== "").join("-"),
    ),
  );
}

/** What rules of ours are written with. The rest of iptables' extensions stays behind. */
const EXTENSIONS = ["standard", "tcp", "udp", "owner", "multiport", "REDIRECT", "comment", "mark"];

export interface RootOptions {
  readonly arch: Arch;
  /** Node's program, for `arch`. */
  readonly node: string;
  /** Where the system's files are: `/`, or that of another architecture. */
  readonly system: string;
  /** Bundles. */
  readonly dist: string;
  /** Folder with the packages that are not in the bundles. */
  readonly packages: string;
  /** What runs as `heddle`. */
  readonly launcher: string;
}

export interface RootFiles {
  readonly system: readonly TarEntry[];
  readonly app: readonly TarEntry[];
  /** Files of the system that were taken, by their path there. */
  readonly taken: readonly string[];
}

export function collectRoot(options: RootOptions): RootFiles {
  const { arch, node, system, launcher } = options;
  const tools = Object.keys(TOOLS).map((name) => ({ name, file: findTool(name, system) }));
  const extensions = findExtensions(arch, system);
  const programs = [node, ...tools.map(({ file }) => join(system, file)), ...extensions.files];
  const libraries = findLibraries(programs, arch, system);
  const entries = [
    ...baseFiles(),
    file("usr/bin/node", node, MODE.program),
    link("usr/bin/heddle", `/${APP}/bin/heddle.js`),
    ...tools.flatMap(({ name, file: path }) => [
      file(`usr/sbin/${name}`, join(system, path), MODE.program),
      ...(TOOLS[name] ?? []).map((other) => link(`usr/sbin/${other}`, name)),
    ]),
    ...[...libraries].map(([path, real]) => file(path.slice(1), real, MODE.program)),
    ...extensions.entries,
  ];
  return {
    system: withFolders(entries),
    app: withFolders([
      file(`${APP}/bin/heddle.js`, launcher, MODE.program),
      text(`${APP}/package.json`, `${JSON.stringify({ type: "module" })}\n`),
      ...treeOf(options.dist, `${APP}/dist`),
      ...treeOf(options.packages, `${APP}/node_modules`),
    ]),
    taken: [
      ...tools.map(({ file: path }) => path),
      ...libraries.keys(),
      ...[...libraries.values()].map((path) => path.slice(system === "/" ? 0 : system.length)),
      ...extensions.taken,
    ],
  };
}

function baseFiles(): readonly TarEntry[] {
  return [
    text(
      "etc/passwd",
      `root:x:0:0:root:/:/nologin\nheddle:x:${IMAGE_UID}:${IMAGE_UID}:heddle:/:/nologin\n`,
    ),
    text("etc/group", `root:x:0:\nheddle:x:${IMAGE_UID}:\n`),
    text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    folder("run", MODE.folder),
    folder("tmp", MODE.scratch),
    folder("var/run/heddle", MODE.folder),
    folder("var/lib/heddle", MODE.folder),
  ];
}

/** Its path in the system. */
function findTool(name: string, system: string): string {
  const path = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    .map((where) => `${where}/${name}`)
    .find((candidate) => existsSync(join(system, candidate)));
  if (path !== undefined) return path;
  throw new Error(`there is no ${name} in ${system}: install nftables and iptables`);
}

function findExtensions(arch: Arch, system: string) {
  const where = `usr/lib/${ARCH_NAMES[arch].triplet}/xtables`;
  const names = ["libxt_", "libipt_", "libip6t_"].flatMap((prefix) =>
    EXTENSIONS.map((name) => `${where}/${prefix}${name}.so`),
  );
  const there = names.filter((path) => existsSync(join(system, path)));
  return {
    files: there.map((path) => join(system, path)),
    entries: there.map((path) => file(path, realpathSync(join(system, path)), MODE.file)),
    taken: there.map((path) => `/${path}`),
  };
}

function treeOf(from: string, to: string): readonly TarEntry[] {
  return globSync("**/*", { cwd: from })
    .filter((path) => statSync(join(from, path)).isFile())
    .map((path) => file(`${to}/${path}`, join(from, path), MODE.file));
}

export function file(path: string, from: string, mode: number = MODE.file): TarEntry {
  return { path, mode, content: { type: "file", file: from } };
}

export function text(path: string, content: string): TarEntry {
  return { path, mode: MODE.file, content: { type: "bytes", bytes: Buffer.from(content) } };
}

function link(path: string, target: string): TarEntry {
  return { path, mode: 0o777, content: { type: "link", target } };
}

function folder(path: string, mode: number): TarEntry {
  return { path, mode, content: { type: "folder" } };
}

/** Sorted, each once, and all folders above them. */
export function withFolders(entries: readonly TarEntry[]): readonly TarEntry[] {
  const all = new Map<string, TarEntry>();
  for (const entry of entries) {
    for (let at = entry.path.indexOf("/"); at > 0; at = entry.path.indexOf("/", at + 1)) {
      const above = entry.path.slice(0, at);
      if (!all.has(above)) all.set(above, folder(above, MODE.folder));
    }
    all.set(entry.path, entry);
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
