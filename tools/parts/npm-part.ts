/**
 * Packages of npm's that `npm ci` leaves out since they are for other machines. Which version it
 * is, and what its bytes must be, package-lock.json says.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../base/shape.ts";
import { findProgram } from "../system-packages.ts";
import { obtainPart, type Part, type Tell } from "./part.ts";
import { runToEnd } from "./run-to-end.ts";

const FETCH_MS_MAX = 10 * 60_000;
const LOCK = join(import.meta.dirname, "..", "..", "package-lock.json");

export interface LockedPackage {
  readonly version: string;
  /** As npm writes it: `sha512-` and base64. */
  readonly integrity: string;
}

/** Throws when the lock file has no such package. */
export function lockedPackage(name: string): LockedPackage {
  const lock: unknown = JSON.parse(readFileSync(LOCK, "utf8"));
  const packages = isRecord(lock) && isRecord(lock.packages) ? lock.packages : {};
  const entry = packages[`node_modules/${name}`];
  if (isRecord(entry) && typeof entry.version === "string" && typeof entry.integrity === "string") {
    return { version: entry.version, integrity: entry.integrity };
  }
  throw new Error(`${name} is not in package-lock.json`);
}

/** The package's folder, out of the cache or fetched. */
export async function obtainNpmPackage(name: string, tell: Tell): Promise<Part> {
  const { version, integrity } = lockedPackage(name);
  const part = { name: name.replace(/^@/, "").replaceAll("/", "-"), version };
  return await obtainPart(part, tell, async (folder) => {
    const npm = findProgram("npm");
    const tar = findProgram("tar");
    if (npm === undefined || tar === undefined) throw new Error("npm or tar is not installed");
    tell(`fetching ${name} ${version} from npm's registry`);
    const pack = ["pack", "--silent", "--pack-destination", folder, `${name}@${version}`];
    await runToEnd([npm, ...pack], FETCH_MS_MAX);
    const archive = join(folder, `${part.name}-${version}.tgz`);
    const found = createHash("sha512").update(await readFile(archive));
    if (`sha512-${found.digest("base64")}` !== integrity) {
      throw new Error("it is not what package-lock.json says it is");
    }
    const unpacked = join(folder, "unpacked");
    await mkdir(unpacked);
    const strip = ["--strip-components=1", "--no-same-owner"];
    await runToEnd([tar, "-xzf", archive, "-C", unpacked, ...strip], FETCH_MS_MAX);
    return unpacked;
  });
}
