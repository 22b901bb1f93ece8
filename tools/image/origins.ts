/**
 * Where the parts of an image come from that depend on its architecture: from this checkout and
 * this machine for the machine's own, else from npm and Debian, fetched and never run.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "../../base/shape.ts";
import { obtainDebianFiles } from "../parts/debian-part.ts";
import { obtainNpmPackage } from "../parts/npm-part.ts";
import type { Part, Tell } from "../parts/part.ts";
import { ARCH_NAMES, type Arch } from "./elf.ts";

export const OWN_ARCH: Arch = process.arch === "arm64" ? "arm64" : "amd64";

/** The tools, and what Node needs. */
const DEBIAN_PACKAGES = ["nftables", "iptables", "libc6", "libstdc++6", "libgcc-s1", "libatomic1"];

export interface Origins {
  /** Node's program. */
  readonly node: string;
  readonly nodeVersion: string;
  /** Root folder of a system. */
  readonly system: string;
  /** Folder of the package with koffi's native file. */
  readonly koffi: string;
}

export interface ChosenOrigins {
  readonly node?: string | undefined;
  readonly system?: string | undefined;
}

/** Of the npm package that holds koffi's native file. */
export function koffiPackage(arch: Arch): string {
  return `@koromix/koffi-linux-${ARCH_NAMES[arch].node}`;
}

/** What was chosen comes first. Throws, saying why, when something cannot be had. */
export async function findOrigins(
  arch: Arch,
  root: string,
  chosen: ChosenOrigins,
  tell: Tell,
): Promise<Origins> {
  const npm = async (name: string): Promise<string> => {
    const installed = join(root, "node_modules", name);
    return existsSync(installed) ? installed : fileOf(await obtainNpmPackage(name, tell));
  };
  const system = chosen.system ?? (arch === OWN_ARCH ? "/" : await debianFiles(arch, tell));
  return {
    ...(chosen.node === undefined
      ? nodeOfPackage(await npm(`node-linux-${ARCH_NAMES[arch].node}`))
      : { node: chosen.node, nodeVersion: versionOf(chosen.node, arch) }),
    system: realpathSync(system),
    koffi: await npm(koffiPackage(arch)),
  };
}

async function debianFiles(architecture: Arch, tell: Tell): Promise<string> {
  return fileOf(await obtainDebianFiles({ architecture, packages: DEBIAN_PACKAGES }, tell));
}

function fileOf(part: Part): string {
  if ("file" in part) return part.file;
  throw new Error(part.missing);
}

function nodeOfPackage(folder: string): Pick<Origins, "node" | "nodeVersion"> {
  const about: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!isRecord(about) || typeof about.version !== "string")
    throw new Error(`${folder}: no version`);
  return { node: join(folder, "bin", "node"), nodeVersion: about.version };
}

/** What it says itself, or what its headers say where this machine cannot run it. */
function versionOf(node: string, arch: Arch): string {
  if (arch === OWN_ARCH) {
    return execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
  }
  const header = join(node, "..", "..", "include", "node", "node_version.h");
  if (!existsSync(header)) throw new Error(`which version is ${node}? there is no ${header}`);
  const text = readFileSync(header, "utf8");
  const part = (name: string) => new RegExp(`define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1];
  return ["MAJOR", "MINOR", "PATCH"].map(part).join(".");
}
