/**
 * A part that is built from a Go module, in a throw-away module of its own: Go's own proxy and
 * checksums say that it is the source that it should be, and nothing of it enters the repository.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../base/shape.ts";
import { findProgram } from "../system-packages.ts";
import { obtainPart, type Part, type PartName, type Tell } from "./part.ts";
import { runToEnd } from "./run-to-end.ts";

const BUILD_MS_MAX = 60 * 60_000;
const ASK_MS_MAX = 60_000;

export interface GoPart extends PartName {
  readonly module: string;
  /** As Go writes it: `v1.36.3`. */
  readonly moduleVersion: string;
  /**
   * For a module that keeps others in folders of its own, which are published apart: the version
   * that stands in for all of those.
   */
  readonly stagedVersion?: string;
  /** What is built: one of its packages, or a program of ours. */
  readonly build: { readonly package: string } | { readonly main: string };
  /** Build tags: mostly what is left out. */
  readonly tags?: readonly string[];
  /** Without C and its libraries; the program then runs from any folder, in any image. */
  readonly isStatic?: boolean;
  /** Variables that the linker sets, by their whole names. */
  readonly stamp?: Readonly<Record<string, string>>;
  /** On two cores with nothing in Go's cache. */
  readonly takes: string;
  /** What the machine has instead; absent: nothing else will do. */
  readonly installed?: InstalledPart;
}

export interface InstalledPart {
  /** Whether `PATH` is looked through. */
  readonly inPath: boolean;
  /** The oldest that will do, by what it says when it is asked. */
  readonly oldest?: readonly number[];
  /** How it is asked; `--version` if absent. */
  readonly ask?: readonly string[];
  /** Variables that name the file, or the folder that it is in. */
  readonly fileVariable?: string;
  readonly folderVariable?: string;
}

/** From the machine, from the cache, or built; says what takes time. */
export async function obtainGoPart(part: GoPart, tell: Tell): Promise<Part> {
  const installed = await findInstalled(part);
  if (installed !== undefined) return { file: installed };
  return await obtainPart(part, tell, async (folder) => {
    if (findProgram("go") === undefined) throw new Error("Go is not installed");
    const what = `${part.name} ${part.version}`;
    tell(`building ${what} with Go, once for all clones (${part.takes} on two cores)`);
    const startMs = performance.now();
    const file = await buildGoPart(part, folder);
    tell(`built ${what} in ${Math.round((performance.now() - startMs) / 1000)} s`);
    return file;
  });
}

async function buildGoPart(part: GoPart, folder: string): Promise<string> {
  const { build, name, stamp = {}, tags = [], isStatic = false } = part;
  const source = join(folder, "module");
  const output = join(folder, name);
  await mkdir(source);
  await writeFile(join(source, "go.mod"), await formatModule(part));
  if ("main" in build) await writeFile(join(source, "main.go"), build.main);
  const flags = Object.entries(stamp).map(([variable, value]) => `-X ${variable}=${value}`);
  await runToEnd(
    [
      ...(["go", "build", "-mod=mod", "-buildvcs=false"] as const),
      ...["-ldflags", ["-s", "-w", ...flags].join(" "), "-tags", tags.join(","), "-o", output],
      "package" in build ? build.package : ".",
    ],
    BUILD_MS_MAX,
    { folder: source, isGentle: true, env: isStatic ? { CGO_ENABLED: "0" } : {} },
  );
  await rm(source, { recursive: true });
  return output;
}

async function formatModule(part: GoPart): Promise<string> {
  const { module, moduleVersion, stagedVersion } = part;
  const downloaded = parse(await go("mod", "download", "-json", `${module}@${moduleVersion}`));
  const file = String(downloaded.GoMod);
  const [, language = ""] = /^go (\S+)$/m.exec(await readFile(file, "utf8")) ?? [];
  const replaced = stagedVersion === undefined ? [] : await stagedModules(file);
  return [
    "module heddle.test/part",
    `go ${language}`,
    `require ${module} ${moduleVersion}`,
    ...replaced.map((path) => `replace ${path} => ${path} ${stagedVersion}`),
    "",
  ].join("\n");
}

/** The modules that a go.mod takes from folders beside it. */
async function stagedModules(file: string): Promise<readonly string[]> {
  const { Replace: all } = parse(await go("mod", "edit", "-json", file));
  if (!Array.isArray(all)) return [];
  return all.flatMap((one: unknown) => {
    if (!isRecord(one) || !isRecord(one.Old) || !isRecord(one.New)) return [];
    return String(one.New.Path).startsWith("./") ? [String(one.Old.Path)] : [];
  });
}

async function go(...args: readonly string[]): Promise<string> {
  return await runToEnd(["go", ...args], BUILD_MS_MAX, { env: { GOFLAGS: "-mod=mod" } });
}

/** What Go prints as JSON may follow lines about what it downloads. */
function parse(output: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(output.slice(output.indexOf("{")));
  return isRecord(value) ? value : {};
}

async function findInstalled(part: GoPart): Promise<string | undefined> {
  const { inPath = false, fileVariable = "", folderVariable = "" } = part.installed ?? {};
  const folder = process.env[folderVariable] ?? "";
  const candidates = [
    process.env[fileVariable],
    folder === "" ? undefined : join(folder, part.name),
    inPath ? findProgram(part.name) : undefined,
  ];
  for (const file of candidates) {
    if (file !== undefined && file !== "" && (await isNewEnough(file, part))) return file;
  }
  return undefined;
}

async function isNewEnough(file: string, { installed }: GoPart): Promise<boolean> {
  const { oldest, ask = ["--version"] } = installed ?? {};
  try {
    if (oldest === undefined) return true;
    const said = await runToEnd([file, ...ask], ASK_MS_MAX);
    return isAtLeast(said, oldest);
  } catch {
    return false;
  }
}

/** Of the first version in the text. */
export function isAtLeast(text: string, oldest: readonly number[]): boolean {
  const [, digits] = /(\d+(?:\.\d+)+)/.exec(text) ?? [];
  if (digits === undefined) return false;
  const version = digits.split(".").map(Number);
  for (const [at, least] of oldest.entries()) {
    const present = version[at] ?? 0;
    if (present !== least) return present > least;
  }
  return true;
}
