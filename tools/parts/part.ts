/**
 * Programs that others wrote, for tests and benches: what the machine has comes first, then what an
 * earlier run left in the user's cache folder, by version and for all clones; else it is brought.
 */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { BuildLock } from "./build-lock.ts";

/** What a builder left behind that died is removed when nobody can be at it any more. */
const LEFT_BEHIND_MS = 2 * 60 * 60_000;

/** A program's file, or why there is none. */
export type Part = { readonly file: string } | { readonly missing: string };

export type Tell = (line: string) => void;

export interface PartName {
  readonly name: string;
  readonly version: string;
}

/** Where a part is kept once it was brought; there or not. */
export function cachedFile({ name, version }: PartName): string {
  return join(cacheFolder(), `${name}-${version}`, name);
}

/**
 * The part out of the cache, or brought into it: `bring` fills a folder of its own and names the
 * program in it. One is brought at a time, however many ask, and only what is whole is kept.
 */
export async function obtainPart(
  part: PartName,
  tell: Tell,
  bring: (folder: string) => Promise<string>,
): Promise<Part> {
  const file = cachedFile(part);
  if (existsSync(file)) return { file };
  const what = `${part.name} ${part.version}`;
  await mkdir(dirname(file), { recursive: true });
  const lock = await BuildLock.take(cacheFolder(), () => {
    tell(`${what}: waiting for another run that brings a part`);
  });
  try {
    if (existsSync(file)) return { file };
    await removeLeftBehind();
    await bringInto(file, join(cacheFolder(), `${part.name}-partial-`), bring);
    return { file };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missing: `${what} could not be had: ${reason}` };
  } finally {
    await lock.release();
  }
}

async function bringInto(
  file: string,
  prefix: string,
  bring: (folder: string) => Promise<string>,
): Promise<void> {
  const folder = await mkdtemp(prefix);
  try {
    const brought = await bring(folder);
    await chmod(brought, 0o755);
    await rename(brought, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeLeftBehind(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    if (!name.includes("-partial-")) continue;
    const folder = join(cacheFolder(), name);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > LEFT_BEHIND_MS) await rm(folder, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "heddle");
}
