/** Which system packages tests and benches could use, and which of them this machine lacks. */
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface SystemPackage {
  readonly name: string;
  /** The program that shows that the package is there. */
  readonly program: string;
}

/** Debian keeps servers where only root's PATH looks. */
const EXTRA_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/** The file of a program, or undefined. Tests that need one skip themselves without it. */
export function findProgram(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...EXTRA_FOLDERS];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

export function parsePackageList(text: string): readonly SystemPackage[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", program = name] = line.split(/\s+/);
      return { name, program };
    });
}

export function missingPackages(): readonly SystemPackage[] {
  const list = readFileSync(new URL("./system-packages.txt", import.meta.url), "utf8");
  return parsePackageList(list).filter((one) => findProgram(one.program) === undefined);
}

export function formatInstallCommand(packages: readonly SystemPackage[]): string {
  const names = packages.map((one) => one.name).join(" ");
  return `sudo apt-get install -y --no-install-recommends ${names}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
