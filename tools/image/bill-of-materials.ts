/**
 * What an image consists of, as CycloneDX 1.6: the npm packages that went into the bundles, Node,
 * and the system's packages. It follows from what goes in alone, so that it is the same every time.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import type { Arch } from "./elf.ts";
import type { DebianPackage } from "./system-owners.ts";

export interface Contents {
  readonly arch: Arch;
  readonly createdSeconds: number;
  readonly nodeVersion: string;
  /** Folders of packages, from the root of the repository: `node_modules/ws`. */
  readonly npmFolders: readonly string[];
  readonly debian: readonly DebianPackage[];
}

interface Component {
  readonly type: "library" | "application";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly object[];
  readonly hashes?: readonly object[];
}

/** `node_modules/a` of `node_modules/a/lib/x.js`; packages in packages too. */
export function packageFolders(sources: readonly string[]): readonly string[] {
  const folders = sources.flatMap((path) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return [...new Set(folders)].sort();
}

export function billOfMaterials(contents: Contents, root: string): object {
  const components = [
    ...npmComponents(contents.npmFolders, root),
    nodeComponent(contents.nodeVersion),
    ...contents.debian.map(debianComponent),
  ];
  const own = {
    type: "container",
    "bom-ref": `heddle@${VERSION}`,
    name: "heddle",
    version: VERSION,
    licenses: [{ license: { id: "Apache-2.0" } }],
  };
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([contents.arch, VERSION, components]))}`,
    version: 1,
    metadata: {
      timestamp: new Date(contents.createdSeconds * 1000).toISOString(),
      component: own,
      properties: [{ name: "heddle:architecture", value: contents.arch }],
    },
    components,
    dependencies: [{ ref: own["bom-ref"], dependsOn: components.map((one) => one["bom-ref"]) }],
  };
}

function npmComponents(folders: readonly string[], root: string): readonly Component[] {
  const lock: unknown = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const locked = isRecord(lock) && isRecord(lock.packages) ? lock.packages : {};
  return folders.map((folder) => {
    const entry = locked[folder];
    if (!isRecord(entry) || typeof entry.version !== "string") {
      throw new Error(`${folder} is in the bundle and not in package-lock.json`);
    }
    const { version, license, integrity } = entry;
    const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    return {
      type: "library",
      "bom-ref": purl,
      name,
      version,
      purl,
      ...(typeof license === "string" ? { licenses: [licenseOf(license)] } : {}),
      ...(typeof integrity === "string" ? { hashes: [hashOf(integrity)] } : {}),
    };
  });
}

/** One name of SPDX, or several with words between them. */
function licenseOf(text: string): object {
  return /^[\w.+-]+$/.test(text) ? { license: { id: text } } : { expression: text };
}

/** As the registry gives it: `sha512-` and base64. */
function hashOf(integrity: string): object {
  const [algorithm = "", base64 = ""] = integrity.split("-");
  const content = Buffer.from(base64, "base64").toString("hex");
  return { alg: algorithm.toUpperCase().replace("SHA", "SHA-"), content };
}

function nodeComponent(version: string): Component {
  const purl = `pkg:generic/node@${version}`;
  const licenses = [licenseOf("MIT")];
  return { type: "application", "bom-ref": purl, name: "node", version, purl, licenses };
}

function debianComponent({ name, version, architecture }: DebianPackage): Component {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { type: "library", "bom-ref": purl, name, version, purl };
}

/** RFC 9562, section 5.8: an UUID of our own making. */
function uuidOf(content: string): string {
  const bytes = createHash("sha256").update(content).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [0, 8, 12, 16, 20].map((at, i, all) => hex.slice(at, all[i + 1])).join("-");
}
