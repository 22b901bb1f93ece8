/**
 * The images of the cluster, as archives in one folder: Heddle's own as it is shipped, the shop's
 * programs, and the one that holds a pod's namespaces. Nothing is pulled from anywhere.
 */
import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { writeImage } from "../../tools/image/archive.ts";
import { type Arch, findLibraries } from "../../tools/image/elf.ts";
import { file, text, withFolders } from "../../tools/image/root-files.ts";
import type { TarEntry } from "../../tools/image/tar.ts";
import { runToEnd } from "../../tools/parts/run-to-end.ts";
import { findProgram } from "../../tools/system-packages.ts";
import { PAUSE_IMAGE } from "./node/node-agent.ts";

/** By which name the cluster has it; no registry is asked for names like these. */
export const HEDDLE_IMAGE = "heddle.test/heddle:1";
/** As the manifests of the shop call it. */
export const DEMO_IMAGE = "docker.io/library/heddle-demo:latest";

const ROOT = join(import.meta.dirname, "..", "..");
const ARCH: Arch = process.arch === "arm64" ? "arm64" : "amd64";
const PROGRAM = 0o755;
const NOBODY = "65534:65534";
const IMAGE_MS_MAX = 10 * 60_000;

/** Writes them into the folder, and resolves to their files. */
export async function writeImages(
  folder: string,
  tell: (line: string) => void,
): Promise<readonly string[]> {
  const inFolder = (name: string): string => join(folder, `${name}.tar`);
  tell("making the images");
  const heddle = inFolder("heddle");
  const tool = join(ROOT, "tools", "image.ts");
  await runToEnd([process.execPath, tool, "--output", heddle, "--tag", HEDDLE_IMAGE], IMAGE_MS_MAX);
  writePause(inFolder("pause"));
  writeDemo(inFolder("demo"));
  return ["pause", "heddle", "demo"].map(inFolder);
}

function writePause(output: string): void {
  const sleep = findProgram("sleep");
  if (sleep === undefined) throw new Error("this machine has no sleep");
  const entries = withLibraries("usr/bin/sleep", realpathSync(sleep));
  const config = { User: NOBODY, Entrypoint: ["/usr/bin/sleep", "infinity"] };
  write(output, PAUSE_IMAGE, entries, config);
}

function writeDemo(output: string): void {
  const services = join(ROOT, "demo", "services");
  const programs = readdirSync(services).filter((name) => name.endsWith(".ts"));
  const entries = [
    ...withLibraries("usr/bin/node", realpathSync(process.execPath)),
    text("shop/package.json", `${JSON.stringify({ type: "module" })}\n`),
    ...programs.map((name) => file(`shop/${name}`, join(services, name))),
  ];
  const config = { User: NOBODY, Entrypoint: ["/usr/bin/node"], WorkingDir: "/shop" };
  write(output, DEMO_IMAGE, entries, config);
}

function withLibraries(path: string, program: string): readonly TarEntry[] {
  const libraries = findLibraries([program], ARCH, "/");
  return [
    file(path, program, PROGRAM),
    ...[...libraries].map(([name, real]) => file(name.slice(1), real, PROGRAM)),
  ];
}

function write(
  output: string,
  tag: string,
  entries: readonly TarEntry[],
  config: Readonly<Record<string, unknown>>,
): void {
  writeImage({
    ...{ output, tag, arch: ARCH, createdSeconds: 0, config },
    layers: [{ comment: tag, entries: withFolders(entries) }],
  });
}
