/**
 * The files of Debian's packages for another architecture, as a folder that looks like a system of
 * it: nothing of it runs, and nothing is installed. It comes from where this machine has its own
 * packages from, signatures and all, and is brought anew each day, as fixes come.
 */
import { createHash } from "node:crypto";
import { appendFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findProgram } from "../system-packages.ts";
import { cachedFile, obtainPart, type Part, type Tell } from "./part.ts";
import { runToEnd } from "./run-to-end.ts";

const DAY_MS = 24 * 60 * 60_000;
const STEP_MS_MAX = 5 * 60_000;
const MARK_CHARS = 8;
const FETCH_TRIES = 3;
const INFO = "var/lib/dpkg/info";
const STATUS = "var/lib/dpkg/status";

/** What is fetched besides comes by itself: packages name what they need. */
export interface DebianFiles {
  /** As Debian calls it: `arm64`. */
  readonly architecture: string;
  readonly packages: readonly string[];
}

/** The folder, out of the cache or fetched. */
export async function obtainDebianFiles(wanted: DebianFiles, tell: Tell): Promise<Part> {
  const name = `debian-${wanted.architecture}`;
  const packages = createHash("sha256").update(wanted.packages.join(" ")).digest("hex");
  const part = { name, version: `${dayOf(Date.now())}-${packages.slice(0, MARK_CHARS)}` };
  return await obtainPart(part, tell, async (folder) => {
    for (const program of ["apt-get", "dpkg-deb"]) {
      if (findProgram(program) === undefined) throw new Error(`there is no ${program}`);
    }
    tell(`fetching ${wanted.packages.join(", ")} and what they need for ${wanted.architecture}`);
    const archives = await fetchArchives(wanted, folder);
    const root = join(folder, "root");
    await mkdir(join(root, INFO), { recursive: true });
    await writeFile(join(root, STATUS), "");
    for (const archive of archives) await unpack(archive, root);
    await removeOlder(name);
    return root;
  });
}

/** Those of yesterday stay: somebody may be at them. */
async function removeOlder(name: string): Promise<void> {
  const kept = [Date.now() - DAY_MS, Date.now()].map(dayOf);
  const cache = dirname(dirname(cachedFile({ name, version: "" })));
  for (const other of await readdir(cache)) {
    const day = other.startsWith(`${name}-`) ? /-(\d{4}-\d\d-\d\d)-/.exec(other)?.[1] : undefined;
    if (day === undefined || kept.includes(day)) continue;
    await rm(join(cache, other), { recursive: true, force: true });
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-11-22".length);
}

/** Files of packages, by name. apt works in the folder, and leaves the machine's own alone. */
async function fetchArchives(
  { architecture, packages }: DebianFiles,
  folder: string,
): Promise<readonly string[]> {
  const state = join(folder, "state");
  const cache = join(folder, "cache");
  await mkdir(join(state, "lists", "partial"), { recursive: true });
  await mkdir(join(cache, "archives", "partial"), { recursive: true });
  await writeFile(join(state, "status"), "");
  const settings = [
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    `APT::Get::Show-User-Simulation-Note=false`,
    // Its user for fetching may not come into a folder of somebody's.
    ...["APT::Sandbox::User=root", "Debug::NoLocking=true", `Acquire::Retries=${FETCH_TRIES}`],
    "Acquire::Languages=none",
    ...[
      `Dir::State=${state}`,
      `Dir::State::status=${join(state, "status")}`,
      `Dir::Cache=${cache}`,
    ],
  ].flatMap((setting) => ["-o", setting]);
  await runToEnd(["apt-get", ...settings, "--quiet", "update"], STEP_MS_MAX);
  const install = ["install", "--download-only", "--yes", "--no-install-recommends"];
  await runToEnd(["apt-get", ...settings, "--quiet", ...install, ...packages], STEP_MS_MAX);
  const names = await readdir(join(cache, "archives"));
  const archives = names.filter((name) => name.endsWith(".deb")).sort();
  return archives.map((name) => join(cache, "archives", name));
}

/** Its files, and a word on it where dpkg would have left one. */
async function unpack(archive: string, root: string): Promise<void> {
  await runToEnd(["dpkg-deb", "-x", archive, root], STEP_MS_MAX);
  const listing = await runToEnd(["dpkg-deb", "-c", archive], STEP_MS_MAX);
  const fields = ["Package", "Version", "Architecture"] as const;
  const about = await runToEnd(["dpkg-deb", "-f", archive, ...fields], STEP_MS_MAX);
  const name = /^Package: (\S+)$/m.exec(about)?.[1];
  if (name === undefined) throw new Error(`${archive} has no name`);
  await writeFile(join(root, INFO, `${name}.list`), `${listedPaths(listing).join("\n")}\n`);
  await appendFile(join(root, STATUS), `${about.trim()}\n\n`);
}

/** From lines of tar's: mode, owner, size, day, time, and the path, maybe with where it leads. */
export function listedPaths(listing: string): readonly string[] {
  return listing.split("\n").flatMap((line) => {
    const path = /^\S+ \S+ +\d+ \S+ \S+ \.(\/.*?)(?: -> .*| link to .*)?$/.exec(line)?.[1];
    return path === undefined || path === "/" ? [] : [path.replace(/\/$/, "")];
  });
}
