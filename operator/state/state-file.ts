/**
 * Remembered objects on disk, over a restart: one file of one JSON object a line, written whole
 * beside the old one and put in its place by a rename, so that a crash leaves either the old or
 * the new. Losing it costs no more than counting generations anew, so whatever cannot be read is
 * reported and left behind, line by line.
 */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pid } from "node:process";
import { readFailure } from "../../base/read-failure.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { ObjectId } from "../sources/object-source.ts";
import { readRemembered } from "./read-remembered.ts";
import type { RememberedObject } from "./remembered-object.ts";

export const STATE_FILE_NAME = "objects.jsonl";
const FORMAT = "heddle-objects";
const VERSION = 1;

/** Writes closer together than this become one. */
const WRITE_DELAY_MS = 250;

export interface StateFileOptions {
  /** The state folder; made when it is missing, readable by its owner only. */
  readonly folder: string;
  readonly timers: Timers;
  /** Something could not be read or written. Never fatal. */
  readonly report: (message: string) => void;
}

export class StateFile {
  readonly path: string;
  readonly #options: StateFileOptions;
  /** Encoded once, because a change of one object writes all. */
  readonly #lines = new Map<ObjectId, string>();
  #timer: TimerHandle | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(options: StateFileOptions) {
    this.#options = options;
    this.path = join(options.folder, STATE_FILE_NAME);
  }

  /** What was remembered; nothing when there is no file. */
  async load(): Promise<ReadonlyMap<ObjectId, RememberedObject>> {
    const objects = new Map<ObjectId, RememberedObject>();
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if (!isMissing(error))
        this.#options.report(`${this.path} cannot be read: ${readFailure(error)}`);
      return objects;
    }
    const [header = "", ...lines] = text.split("\n");
    if (!isHeader(header)) {
      const message = `${this.path} is not of a format known here: it is left behind and made anew`;
      this.#options.report(message);
      return objects;
    }
    lines.forEach((line, index) => {
      if (line === "") return;
      const object = readRemembered(line);
      if (object === undefined) {
        this.#options.report(`${this.path}:${index + 2} is damaged: one object is forgotten`);
        return;
      }
      objects.set(object.id, object);
      this.#lines.set(object.id, line);
    });
    return objects;
  }

  /** Null forgets. Written soon. */
  remember(id: ObjectId, object: RememberedObject | null): void {
    if (object === null) {
      if (!this.#lines.delete(id)) return;
    } else {
      this.#lines.set(id, JSON.stringify(object));
    }
    this.#timer ??= this.#options.timers.set(WRITE_DELAY_MS, () => void this.flush());
  }

  /** Writes what waits. Resolves when it is on disk, or was reported. */
  flush(): Promise<void> {
    if (this.#timer !== undefined) {
      this.#options.timers.clear(this.#timer);
      this.#timer = undefined;
      // One after another: two at once would share the temporary file.
      this.#writing = this.#writing.then(() => this.#write());
    }
    return this.#writing;
  }

  async #write(): Promise<void> {
    const header = JSON.stringify({ format: FORMAT, version: VERSION });
    const text = `${[header, ...this.#lines.values()].join("\n")}\n`;
    try {
      await writeAtomically(this.path, text);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#options.report(`${this.path} cannot be written: ${readFailure(error)}`);
      this.#failing = true;
    }
  }
}

/** The content is on disk before the name is, and the name before this resolves. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Two operators may have been started over one folder by mistake: they must not share this.
  const temporary = `${path}.${pid}.new`;
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(text, "utf8");
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isHeader(line: string): boolean {
  try {
    const header: unknown = JSON.parse(line);
    return (
      typeof header === "object" &&
      header !== null &&
      "format" in header &&
      header.format === FORMAT &&
      "version" in header &&
      header.version === VERSION
    );
  } catch {
    return false;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
