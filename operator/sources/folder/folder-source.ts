/**
 * A folder of manifests as an `ObjectSource`. Whatever the system tells about changes is only a
 * reason to look at the whole folder again: looking is cheap, because only files that differ are
 * read, and it is right after every kind of change, in whatever order and however many at once.
 */
import { resolve } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import type { TimerHandle, Timers } from "../../../base/timers.ts";
import type { Problem } from "../../../mesh/problem.ts";
import type { StateFile } from "../../state/state-file.ts";
import type { ObjectId, ObjectSource, SourceObject } from "../object-source.ts";
import { FolderWatcher, type WatchFolder, watchFolder } from "./folder-watcher.ts";
import { BELIEVE_MS, ManifestCache } from "./manifest-cache.ts";
import type { ReadManifests } from "./manifest-reading.ts";
import { ObjectLedger } from "./object-ledger.ts";
import { type FolderContents, walkFolder } from "./walk-folder.ts";

/** How long it must be quiet before a look, and how long a burst can put it off. */
const QUIET_MS = 30;
const QUIET_MAX_MS = 300;

/** Looks in a row that may come to nothing because the folder changed meanwhile. */
const DISCARDED_MAX = 3;

/** A look without a reason, in case the system did not tell. */
const RESCAN_MS = 15_000;
/** The same where the system refuses to watch some of the folders. */
const RESCAN_UNWATCHED_MS = 2_000;

/** What to do when the system refuses to watch. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "raise fs.inotify.max_user_watches",
  EMFILE: "raise fs.inotify.max_user_instances, or the limit of open files",
};

export interface FolderObserver {
  /** A look is done; `reason` is why it was taken. */
  rescanned(reason: RescanReason, files: number, durationMs: number): void;
  /** Folders under watch; those that the system refused to watch. */
  watching(folders: number, refused: number): void;
}

export type RescanReason = "start" | "watch" | "doubt" | "period";

export interface FolderSourceOptions {
  readonly folder: string;
  /** As the user wrote it; problems name files below it. */
  readonly shownFolder?: string;
  readonly readManifests: ReadManifests;
  readonly state: StateFile;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: FolderObserver;
  readonly watchFolder?: WatchFolder;
}

export class FolderSource implements ObjectSource {
  readonly name = "files";
  readonly #options: FolderSourceOptions;
  readonly #root: string;
  readonly #cache: ManifestCache;
  readonly #listeners = new Set<(changed: readonly ObjectId[]) => void>();
  readonly #watcher: FolderWatcher;
  /** Folders that the system refuses to watch, and why. */
  readonly #refused = new Map<string, string>();
  #ledger: ObjectLedger | undefined;
  #problems: readonly Problem[] = [];
  #noticeCount = 0;
  #discarded = 0;
  #synced = false;
  #stopped = false;
  #scanning: Promise<void> | undefined;
  #again: RescanReason | undefined;
  #quiet: { readonly handle: TimerHandle; readonly firstMs: number } | undefined;
  #believe: TimerHandle | undefined;
  #period: TimerHandle | undefined;

  constructor(options: FolderSourceOptions) {
    this.#options = options;
    this.#root = resolve(options.folder);
    this.#cache = new ManifestCache({
      readManifests: options.readManifests,
      clock: options.clock,
      shownFolder: options.shownFolder ?? options.folder,
    });
    this.#watcher = new FolderWatcher({
      root: this.#root,
      changed: () => this.#noticed(),
      failed: (folder, code) => this.#refused.set(folder, code),
      watchFolder: options.watchFolder ?? watchFolder,
    });
  }

  get synced(): boolean {
    return this.#synced;
  }

  list(): Iterable<SourceObject> {
    return this.#ledger?.list() ?? [];
  }

  get(id: ObjectId): SourceObject | undefined {
    return this.#ledger?.get(id);
  }

  problems(): readonly Problem[] {
    return [...this.#problems, ...this.#watchProblems()];
  }

  subscribe(listener: (changed: readonly ObjectId[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    const { state, readManifests, clock } = this.#options;
    this.#ledger = new ObjectLedger({
      inherited: await state.load(),
      readManifests,
      remember: (id, object) => state.remember(id, object),
      wallMs: () => clock.wallMs(),
    });
    await this.#rescan("start");
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher.close();
    this.#listeners.clear();
    const { timers, state } = this.#options;
    for (const handle of [this.#quiet?.handle, this.#believe, this.#period]) {
      if (handle !== undefined) timers.clear(handle);
    }
    await this.#scanning;
    await state.flush();
  }

  /** Something changed: looks when it has been quiet for a moment. */
  #noticed(): void {
    if (this.#stopped) return;
    this.#noticeCount += 1;
    const { clock, timers } = this.#options;
    const nowMs = clock.nowMs();
    const firstMs = this.#quiet?.firstMs ?? nowMs;
    if (this.#quiet !== undefined) timers.clear(this.#quiet.handle);
    const delayMs = Math.max(0, Math.min(QUIET_MS, firstMs + QUIET_MAX_MS - nowMs));
    const handle = timers.set(delayMs, () => {
      this.#quiet = undefined;
      void this.#rescan("watch");
    });
    this.#quiet = { handle, firstMs };
  }

  /** One look at a time; what is asked for meanwhile is one more look after it. */
  #rescan(reason: RescanReason): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#scanning !== undefined) {
      this.#again = reason;
      return this.#scanning;
    }
    this.#scanning = this.#look(reason)
      .catch((cause: unknown) => this.#failed(cause))
      .finally(() => {
        this.#scanning = undefined;
        const again = this.#again;
        this.#again = undefined;
        if (again !== undefined) void this.#rescan(again);
      });
    return this.#scanning;
  }

  /** A defect of ours must not end the looking: it is told, and the next look may do better. */
  #failed(cause: unknown): void {
    this.#problems = [
      this.#cache.problemAt("", "internal", `the folder could not be read: ${cause}`),
    ];
    this.#schedulePeriod();
    for (const listener of this.#listeners) listener([]);
  }

  async #look(reason: RescanReason): Promise<void> {
    const { clock, observer } = this.#options;
    const startMs = clock.nowMs();
    const noticed = this.#noticeCount;
    const contents = await walkFolder(this.#root);
    await this.#cache.update(contents);
    if (this.#stopped) return;
    // What changes under the eye may be seen half old and half new. Another look is on its way.
    if (this.#noticeCount !== noticed && this.#discarded < DISCARDED_MAX) {
      this.#discarded += 1;
      return;
    }
    this.#discarded = 0;
    this.#take(contents);
    observer.rescanned(reason, this.#cache.size, clock.nowMs() - startMs);
    this.#refused.clear();
    if (this.#watcher.update(contents.folders)) this.#noticed();
    observer.watching(this.#watcher.count, this.#refused.size);
    this.#schedulePeriod();
    if (this.#cache.isUnsure) this.#lookAgain();
  }

  #schedulePeriod(): void {
    const { timers } = this.#options;
    if (this.#period !== undefined) timers.clear(this.#period);
    const periodMs = this.#refused.size > 0 ? RESCAN_UNWATCHED_MS : RESCAN_MS;
    this.#period = timers.set(periodMs, () => void this.#rescan("period"));
  }

  #watchProblems(): readonly Problem[] {
    const [code] = this.#refused.values();
    if (code === undefined) return [];
    const message =
      `the system refuses to watch ${this.#refused.size} folders (${code}): ` +
      `changes there are seen every ${RESCAN_UNWATCHED_MS / 1000} s only`;
    const problem = this.#cache.problemAt("", "not-watched", message);
    return [{ ...problem, severity: "warning", hint: HINTS[code] ?? "" }];
  }

  #lookAgain(): void {
    this.#believe ??= this.#options.timers.set(BELIEVE_MS, () => {
      this.#believe = undefined;
      void this.#rescan("doubt");
    });
  }

  #take(contents: FolderContents): void {
    const unreadable = new Set(contents.problems.map(({ path }) => path));
    const uncertain = (path: string): boolean => {
      if (!contents.readable) return true;
      for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
        if (unreadable.has(at)) return true;
      }
      return false;
    };
    const result = this.#ledger?.take({ files: this.#cache.readings(), uncertain });
    this.#problems = [
      ...contents.problems.map(({ path, code, message }) =>
        this.#cache.problemAt(path, code, message),
      ),
      ...(result?.problems ?? []),
    ];
    this.#synced = true;
    for (const listener of this.#listeners) listener(result?.changed ?? []);
  }
}
