/**
 * The manifests of a folder as they were read last. A file is read again only when it differs, and
 * what it says is doubted for a moment where that looks like the middle of a change: its writer
 * may have half done it, or be about to put another file in its place.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import { readFailure } from "../../../base/read-failure.ts";
import type { Problem } from "../../../mesh/problem.ts";
import type { ManifestReading, ReadManifests } from "./manifest-reading.ts";
import { FOLDER_LIMITS, type FolderContents, type FoundFile } from "./walk-folder.ts";

/** A file that looks half-written, or is suddenly gone, is believed when it still is after this. */
export const BELIEVE_MS = 250;

/** File times have a grain: a file this young may change again without showing it. */
const YOUNG_MS = 100;

/** Files read at a time. */
const READS_MAX = 16;

interface CachedFile {
  readonly signature: string;
  /** Was too young when it was read for its signature to be trusted. */
  readonly young: boolean;
  readonly text: string | null;
  readonly reading: ManifestReading;
  /** Since when the newest content is doubted and `reading` is the one before; null: it is not. */
  readonly doubtedMs: number | null;
}

export class ManifestCache {
  readonly #readManifests: ReadManifests;
  readonly #clock: Clock;
  readonly #shownFolder: string;
  #files: ReadonlyMap<string, CachedFile> = new Map();
  #isFirst = true;

  constructor(options: {
    readonly readManifests: ReadManifests;
    readonly clock: Clock;
    /** Problems name files below it. */
    readonly shownFolder: string;
  }) {
    this.#readManifests = options.readManifests;
    this.#clock = options.clock;
    this.#shownFolder = options.shownFolder;
  }

  get size(): number {
    return this.#files.size;
  }

  /** Whether another look soon could find something else without any further change. */
  get isUnsure(): boolean {
    return [...this.#files.values()].some(({ doubtedMs, young }) => doubtedMs !== null || young);
  }

  /** By path, sorted. Readings of files that did not change are the same objects as before. */
  readings(): { readonly path: string; readonly reading: ManifestReading }[] {
    return [...this.#files].map(([path, { reading }]) => ({ path, reading }));
  }

  /** Reads what differs. A folder that cannot be read leaves all as it was. */
  async update({ readable, files }: FolderContents): Promise<void> {
    if (!readable) return;
    const read = new Map<string, CachedFile>();
    for (let at = 0; at < files.length; at += READS_MAX) {
      const some = files.slice(at, at + READS_MAX);
      const cached = await Promise.all(some.map((file) => this.#read(file)));
      some.forEach(({ path }, index) => {
        const one = cached[index];
        if (one !== undefined) read.set(path, one);
      });
    }
    this.#files = this.#withVanished(read);
    this.#isFirst = false;
  }

  problemAt(path: string, code: string, message: string): Problem {
    const file = path === "" ? this.#shownFolder : join(this.#shownFolder, path);
    const place = { file, line: 0, column: 0 };
    return { severity: "error", code, ...place, object: "", field: "", message, hint: "" };
  }

  /** A file that is gone is believed to be gone when it still is a while later. */
  #withVanished(read: Map<string, CachedFile>): ReadonlyMap<string, CachedFile> {
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

  async #read(file: FoundFile): Promise<CachedFile> {
    const { path, signature } = file;
    const before = this.#files.get(path);
    const doubted = before !== undefined && before.doubtedMs !== null;
    if (before?.signature === signature && !before.young && !doubted) return before;
    const young = Math.abs(this.#clock.wallMs() - file.modifiedMs) < YOUNG_MS;
    const { text, problem } = await readText(file);
    if (problem !== "") {
      const problems = [this.problemAt(path, "unreadable", problem)];
      const reading = { objects: [], problems, broken: true };
      return { signature, young, text: null, reading, doubtedMs: null };
    }
    if (before !== undefined && text === before.text) {
      return { ...before, signature, young, doubtedMs: null };
    }
    const reading = this.#readManifests(text, join(this.#shownFolder, path));
    // A moment ago it said more: its writer may be in the middle of it.
    const less = reading.objects.length === 0 && (before?.reading.objects.length ?? 0) > 0;
    const doubtedMs = !this.#isFirst && (reading.broken || less) ? this.#doubt(before) : null;
    if (doubtedMs === null) return { signature, young, text, reading, doubtedMs };
    const kept = before ?? { text: null, reading: NOTHING };
    return { signature, young, text: kept.text, reading: kept.reading, doubtedMs };
  }

  /** Since when; null when it has been doubted for long enough to be believed. */
  #doubt(before: CachedFile | undefined): number | null {
    const nowMs = this.#clock.nowMs();
    const sinceMs = before?.doubtedMs ?? nowMs;
    return nowMs - sinceMs < BELIEVE_MS ? sinceMs : null;
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
    const what = error instanceof TypeError ? "it is not UTF-8" : readFailure(error);
    return { text: "", problem: `the file cannot be read: ${what}` };
  }
}
