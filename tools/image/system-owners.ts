/** Which Debian packages files of a system came from: for the list of what an image consists of. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

const INFO = "var/lib/dpkg/info";
const STATUS = "var/lib/dpkg/status";

/** By name. Empty where the system is none of Debian's. `paths` are absolute, below `root`. */
export function findOwners(paths: readonly string[], root: string): readonly DebianPackage[] {
  if (!existsSync(join(root, STATUS))) return [];
  const wanted = new Set(paths.flatMap((path) => [path, otherPath(path)]));
  const owners = new Set<string>();
  for (const file of readdirSync(join(root, INFO))) {
    if (!file.endsWith(".list")) continue;
    const lines = readFileSync(join(root, INFO, file), "utf8").split("\n");
    if (lines.some((line) => wanted.has(line))) owners.add(packageOf(file));
  }
  return readStatus(join(root, STATUS)).filter(({ name }) => owners.has(name));
}

/** Packages know some of their files by a path that is a link to the other by now. */
function otherPath(path: string): string {
  return path.startsWith("/usr/") ? path.slice("/usr".length) : `/usr${path}`;
}

/** `libc6` of `libc6:amd64.list`. */
function packageOf(file: string): string {
  return file.slice(0, -".list".length).split(":")[0] ?? file;
}

function readStatus(file: string): readonly DebianPackage[] {
  const packages = readFileSync(file, "utf8")
    .split("\n\n")
    .flatMap((text) => {
      const [name, version, architecture] = ["Package", "Version", "Architecture"].map(
        (field) => new RegExp(`^${field}: (\\S+)$`, "m").exec(text)?.[1],
      );
      if (name === undefined || version === undefined || architecture === undefined) return [];
      return [{ name, version, architecture }];
    });
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}
