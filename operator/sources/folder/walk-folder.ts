/**
 * Finds the manifest files below a folder, following symbolic links, with bounds on everything:
 * somebody will point it at a home directory one day.
 */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readFailure } from "../../../base/read-failure.ts";

export const FOLDER_LIMITS = {
  filesMax: 20_000,
  foldersMax: 5_000,
  depthMax: 16,
  /** What the parser takes as well. */
  fileBytesMax: 4 * 1024 * 1024,
  totalBytesMax: 256 * 1024 * 1024,
} as const;

export interface FoundFile {
  /** Below the folder, with `/` between its parts. */
  readonly path: string;
  readonly absolutePath: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Differs whenever the content may: identity, size and times of the file. */
  readonly signature: string;
}

export interface FoundFolder {
  readonly absolutePath: string;
  /** Differs when another folder stands at this path. */
  readonly identity: string;
}

/** Something that could not be read, or was left out. */
export interface WalkProblem {
  /** Relative as in `FoundFile`; empty for the folder itself. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface FolderContents {
  /** False when the folder itself cannot be read: nothing is then known about its files. */
  readonly readable: boolean;
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
  /** To be watched: all that were entered, and those in which linked files really stand. */
  readonly folders: readonly FoundFolder[];
  readonly problems: readonly WalkProblem[];
}

/** Hidden files, and what editors leave beside a file while they work, are nobody's manifests. */
export function isManifestName(name: string): boolean {
  return /\.(?:yaml|yml|json)$/i.test(name) && !/^[.#~]/.test(name);
}

export async function walkFolder(root: string): Promise<FolderContents> {
  const walk = new Walk();
  const readable = await walk.enter(root, "", 0);
  const files = walk.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { readable, files, folders: [...walk.folders.values()], problems: walk.problems };
}

class Walk {
  readonly files: FoundFile[] = [];
  readonly folders = new Map<string, FoundFolder>();
  readonly problems: WalkProblem[] = [];
  /** Folders on the way down, by identity: one that is met again is a loop of links. */
  readonly #open = new Set<string>();
  #totalBytes = 0;
  #full = false;

  async enter(absolutePath: string, path: string, depth: number): Promise<boolean> {
    if (this.#full) return true;
    if (depth > FOLDER_LIMITS.depthMax || this.folders.size >= FOLDER_LIMITS.foldersMax) {
      this.#problem(
        path,
        "folder-too-large",
        "too many folders, or too deep: this one is left out",
      );
      return true;
    }
    let identity: string;
    let entries: Dirent[];
    try {
      const found = await stat(absolutePath, { bigint: true });
      identity = `${found.dev}:${found.ino}`;
      entries = await readdir(absolutePath, { withFileTypes: true });
    } catch (error) {
      this.#unreadable(path, "folder", error);
      return false;
    }
    if (this.#open.has(identity)) return true;
    this.#open.add(identity);
    this.folders.set(absolutePath, { absolutePath, identity });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      await this.#entry(entry, join(absolutePath, entry.name), below, depth);
    }
    this.#open.delete(identity);
    return true;
  }

  async #entry(entry: Dirent, absolutePath: string, path: string, depth: number): Promise<void> {
    if (entry.name.startsWith(".") || entry.name === "node_modules") return;
    if (entry.isDirectory()) {
      await this.enter(absolutePath, path, depth + 1);
      return;
    }
    const manifest = isManifestName(entry.name);
    if (entry.isFile() && manifest) await this.#file(absolutePath, path);
    if (!entry.isSymbolicLink()) return;
    try {
      const target = await stat(absolutePath);
      if (target.isDirectory()) await this.enter(absolutePath, path, depth + 1);
      else if (target.isFile() && manifest) {
        await this.#watchTarget(absolutePath);
        await this.#file(absolutePath, path);
      }
    } catch (error) {
      // A dangling link to something else is nothing to us.
      if (manifest) this.#unreadable(path, "file", error);
    }
  }

  async #file(absolutePath: string, path: string): Promise<void> {
    try {
      const found = await stat(absolutePath, { bigint: true });
      const bytes = Number(found.size);
      this.#totalBytes += bytes;
      if (
        this.files.length >= FOLDER_LIMITS.filesMax ||
        this.#totalBytes > FOLDER_LIMITS.totalBytesMax
      ) {
        if (!this.#full) {
          const message = "too many files, or too many bytes: this file and the rest are left out";
          this.#problem(path, "folder-too-large", message);
        }
        this.#full = true;
        return;
      }
      this.files.push({
        path,
        absolutePath,
        bytes,
        modifiedMs: Number(found.mtimeMs),
        signature: `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`,
      });
    } catch (error) {
      this.#unreadable(path, "file", error);
    }
  }

  /** A linked file changes where it really stands. */
  async #watchTarget(absolutePath: string): Promise<void> {
    const folder = dirname(await realpath(absolutePath));
    if (this.folders.has(folder) || this.folders.size >= FOLDER_LIMITS.foldersMax) return;
    const found = await stat(folder, { bigint: true });
    this.folders.set(folder, { absolutePath: folder, identity: `${found.dev}:${found.ino}` });
  }

  #unreadable(path: string, what: string, error: unknown): void {
    this.#problem(path, "unreadable", `the ${what} cannot be read: ${readFailure(error)}`);
  }

  #problem(path: string, code: string, message: string): void {
    this.problems.push({ path, code, message });
  }
}

/** `ENOENT` and the like, or the message of anything else. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return error instanceof Error ? error.message : String(error);
}
