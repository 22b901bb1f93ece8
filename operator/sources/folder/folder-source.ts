/**
 * A folder of manifests as an `ObjectSource`. Whatever the system tells about changes is only a
 * reason to look at the whole folder again: looking is cheap, because only files that differ are
 * read, and it is right after every kind of change, in whatever order and however many at once.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import type { TimerHandle, Timers } from "../../../base/timers.ts";
import type { Problem } from "../../../mesh/problem.ts";
import type { StateFile } from "../../state/state-file.ts";
import type { ObjectId, ObjectSource, SourceObject } from "../object-source.ts";
import { FolderWatcher } from "./folder-watcher.ts";
import type { ManifestReading, ReadManifests } from "./manifest-reading.ts";
import { ObjectLedger } from "./object-ledger.ts";
import {
  errorCode,
  FOLDER_LIMITS,
  type FolderContents,
  type FoundFile,
  walkFolder,
} from "./walk-folder.ts";

/** How long it must be quiet before a look, and how long a burst can put it off. */
const QUIET_MS = 30;
const QUIET_MAX_MS = 300;

/** A file that looks half-written, or is suddenly gone, is believed when it still is after this. */
const BELIEVE_MS = 250;

/** A look without a reason, in case the system did not tell. */
const RESCAN_MS = 15_000;

/** File times have a grain: a file this young may change again without showing it. */
const YOUNG_MS = 100;

/** Files read at a time. */
const READS_MAX = 16;

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
}

interface CachedFile {
  readonly signature: string;
  /** Was too young when it was read for its signature to be trusted. */
  readonly young: boolean;
  readonly text: string | null;
  readonly reading: ManifestReading;
  /** Since when the newest content is doubted and `reading` is the one before; null: it is not. */
  readonly doubtedMs: number | null;
}

export class FolderSource implements ObjectSource {
  readonly name = "files";
  readonly #options: FolderSourceOptions;
  readonly #root: string;
  readonly #shown: string;
  readonly #listeners = new Set<(changed: readonly ObjectId[]) => void>();
  readonly #watcher: FolderWatcher;
  readonly #refused = new Set<string>();
  #ledger: ObjectLedger | undefined;
  #files = new Map<string, CachedFile>();
  #problems: readonly Problem[] = [];
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
    this.#shown = options.shownFolder ?? options.folder;
    this.#watcher = new FolderWatcher({
      root: this.#root,
      changed: () => this.#noticed(),
      failed: (folder) => this.#refused.add(folder),
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
    return this.#problems;
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
    this.#scanning = this.#look(reason).finally(() => {
      this.#scanning = undefined;
      const again = this.#again;
      this.#again = undefined;
      if (again !== undefined) void this.#rescan(again);
    });
    return this.#scanning;
  }

  async #look(reason: RescanReason): Promise<void> {
    const { clock, timers, observer } = this.#options;
    const startMs = clock.nowMs();
    const contents = await walkFolder(this.#root);
    const files = await this.#readAll(contents, reason === "start");
    if (this.#stopped) return;
    this.#take(contents, files);
    observer.rescanned(reason, files.size, clock.nowMs() - startMs);
    this.#refused.clear();
    if (this.#watcher.update(contents.folders)) this.#noticed();
    observer.watching(this.#watcher.count, this.#refused.size);
    if (this.#period !== undefined) timers.clear(this.#period);
    this.#period = timers.set(RESCAN_MS, () => void this.#rescan("period"));
    const unsure = ({ doubtedMs, young }: CachedFile) => doubtedMs !== null || young;
    if ([...files.values()].some(unsure)) this.#lookAgain();
  }

  #lookAgain(): void {
    this.#believe ??= this.#options.timers.set(BELIEVE_MS, () => {
      this.#believe = undefined;
      void this.#rescan("doubt");
    });
  }

  #take(contents: FolderContents, files: Map<string, CachedFile>): void {
    const unreadable = new Set(contents.problems.map(({ path }) => path));
    const uncertain = (path: string): boolean => {
      if (!contents.readable) return true;
      for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
        if (unreadable.has(at)) return true;
      }
      return false;
    };
    const result = this.#ledger?.take({
      files: [...files].map(([path, { reading }]) => ({ path, reading })),
      uncertain,
    });
    this.#files = files;
    this.#problems = [
      ...contents.problems.map(({ path, code, message }) => this.#problem(path, code, message)),
      ...(result?.problems ?? []),
    ];
    this.#synced = true;
    for (const listener of this.#listeners) listener(result?.changed ?? []);
  }

  /** By path, sorted. Readings of files that did not change are the same objects as before. */
  async #readAll(contents: FolderContents, first: boolean): Promise<Map<string, CachedFile>> {
    const read = new Map<string, CachedFile>();
    const { files } = contents;
    for (let at = 0; at < files.length; at += READS_MAX) {
      const some = files.slice(at, at + READS_MAX);
      const cached = await Promise.all(some.map((file) => this.#read(file, first)));
      some.forEach(({ path }, index) => {
        const one = cached[index];
        if (one !== undefined) read.set(path, one);
      });
    }
    if (!contents.readable) return new Map(this.#files);
    return this.#withVanished(read);
  }

  /** A file that is gone is believed to be gone when it still is a while later. */
  #withVanished(read: Map<string, CachedFile>): Map<string, CachedFile> {
    let vanished = false;
    for (const [path, before] of this.#files) {
      if (read.has(path) || before.reading.objects.length === 0) continue;
      const doubtedMs = this.#doubt(before);
      if (doubtedMs === null) continue;
      read.set(path, { ...before, signature: "", doubtedMs });
      vanished = true;
    }
    return vanished ? new Map([...read].sort(([a], [b]) => (a < b ? -1 : 1))) : read;
  }

  async #read(file: FoundFile, first: boolean): Promise<CachedFile> {
    const { signature } = file;
    const before = this.#files.get(file.path);
    const doubted = before !== undefined && before.doubtedMs !== null;
    if (before?.signature === signature && !before.young && !doubted) return before;
    const young = this.#options.clock.wallMs() - file.modifiedMs < YOUNG_MS;
    const { text, problem } = await readText(file);
    if (problem !== "") {
      const reading = {
        objects: [],
        problems: [this.#problem(file.path, "unreadable", problem)],
        broken: true,
      };
      return { signature, young, text: null, reading, doubtedMs: null };
    }
    if (before !== undefined && text === before.text) {
      return { ...before, signature, young, doubtedMs: null };
    }
    const reading = this.#options.readManifests(text, join(this.#shown, file.path));
    // A moment ago it said more: its writer may be in the middle of it.
    const less = reading.objects.length === 0 && (before?.reading.objects.length ?? 0) > 0;
    if (!first && (reading.broken || less)) {
      const doubtedMs = this.#doubt(before);
      if (doubtedMs !== null) {
        const kept = before ?? { text: null, reading: NOTHING };
        return { signature, young, text: kept.text, reading: kept.reading, doubtedMs };
      }
    }
    return { signature, young, text, reading, doubtedMs: null };
  }

  /** Since when; null when it has been doubted for long enough to be believed. */
  #doubt(before: CachedFile | undefined): number | null {
    const nowMs = this.#options.clock.nowMs();
    const sinceMs = before?.doubtedMs ?? nowMs;
    return nowMs - sinceMs < BELIEVE_MS ? sinceMs : null;
  }

  #problem(path: string, code: string, message: string): Problem {
    const file = path === "" ? this.#shown : join(this.#shown, path);
    const place = { file, line: 0, column: 0 };
    return { severity: "error", code, ...place, object: "", field: "", message, hint: "" };
  }
}

const NOTHING: ManifestReading = { objects: [], problems: [], broken: true };

async function readText(file: FoundFile): Promise<{ text: string; problem: string }> {
  if (file.bytes > FOLDER_LIMITS.fileBytesMax) {
    const message = `the file has ${file.bytes} bytes, more than ${FOLDER_LIMITS.fileBytesMax}`;
    return { text: "", problem: message };
  }
  try {
    const bytes = await readFile(file.absolutePath);
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), problem: "" };
  } catch (error) {
    const what = error instanceof TypeError ? "it is not UTF-8" : errorCode(error);
    return { text: "", problem: `the file cannot be read: ${what}` };
  }
}
