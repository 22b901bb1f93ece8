/**
 * Says that something may have changed below a folder. One watch per folder, never recursive:
 * that follows links the way `walkFolder` does, and a watch that the system refuses costs only
 * that folder its promptness, because the source looks again by itself from time to time.
 */
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { errorCode, type FoundFolder } from "./walk-folder.ts";

/** Watches one folder, not those below it; throws where the system refuses. */
export type WatchFolder = (path: string, changed: (name: string | null) => void) => FSWatcher;

export const watchFolder: WatchFolder = (path, changed) =>
  watch(path, { persistent: false }, (_event, name) => changed(name));

interface Watched {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

export class FolderWatcher {
  readonly #root: string;
  readonly #changed: () => void;
  readonly #failed: (folder: string, code: string) => void;
  readonly #watchFolder: WatchFolder;
  readonly #watched = new Map<string, Watched>();
  #above: { readonly path: string; readonly watcher: FSWatcher } | undefined;

  constructor(options: {
    /** Absolute. */
    readonly root: string;
    readonly changed: () => void;
    readonly failed: (folder: string, code: string) => void;
    readonly watchFolder: WatchFolder;
  }) {
    this.#root = options.root;
    this.#changed = options.changed;
    this.#failed = options.failed;
    this.#watchFolder = options.watchFolder;
  }

  get count(): number {
    return this.#watched.size;
  }

  /** Watches these and no others. True when a watch is new: what came before it was not seen. */
  update(folders: readonly FoundFolder[]): boolean {
    let opened = this.#watchAbove();
    const wanted = new Map(folders.map((folder) => [folder.absolutePath, folder.identity]));
    for (const [path, { identity, watcher }] of this.#watched) {
      if (wanted.get(path) === identity) continue;
      watcher.close();
      this.#watched.delete(path);
    }
    for (const [path, identity] of wanted) {
      if (this.#watched.has(path)) continue;
      const watcher = this.#open(path, () => this.#changed());
      if (watcher === undefined) continue;
      this.#watched.set(path, { identity, watcher });
      opened = true;
    }
    return opened;
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
    this.#above?.watcher.close();
    this.#above = undefined;
  }

  /**
   * The nearest folder that exists above the root, so that a root which is removed, made again or
   * swapped (it may be a link) is noticed. What else happens up there is not our business.
   */
  #watchAbove(): boolean {
    let child = this.#root;
    for (;;) {
      const above = dirname(child);
      if (above === child) return false;
      if (this.#above?.path === above) return false;
      const name = basename(child);
      const watcher = this.#open(above, (changed) => {
        if (changed === null || changed === name) this.#changed();
      });
      if (watcher !== undefined) {
        this.#above?.watcher.close();
        this.#above = { path: above, watcher };
        return true;
      }
      child = above;
    }
  }

  #open(path: string, changed: (name: string | null) => void): FSWatcher | undefined {
    try {
      const watcher = this.#watchFolder(path, changed);
      watcher.on("error", (error) => {
        watcher.close();
        if (this.#watched.get(path)?.watcher === watcher) this.#watched.delete(path);
        if (this.#above?.watcher === watcher) this.#above = undefined;
        this.#failed(path, errorCode(error));
      });
      return watcher;
    } catch (error) {
      if (errorCode(error) !== "ENOENT") this.#failed(path, errorCode(error));
      return undefined;
    }
  }
}
