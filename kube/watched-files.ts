/**
 * Files that others write while a program runs: a mounted Secret or ConfigMap. They are read
 * every few seconds. The kubelet exchanges whole folders by a link, of which notices of the system
 * tell little, and a minute later than the API server said so it is anyhow.
 */
import { readFile } from "node:fs/promises";
import { readFailure } from "../base/read-failure.ts";
import type { TimerHandle, Timers } from "../base/timers.ts";

export const WATCHED_FILES_LIMITS = {
  rereadMs: 5_000,
  /** Of each; far more than a certificate with all above it. */
  charsMax: 1024 * 1024,
} as const;

export interface WatchedFilesOptions {
  readonly paths: readonly string[];
  readonly timers: Timers;
  /** In the order of the paths; called at the first reading, and when any of them is another. */
  readonly changed: (texts: readonly string[]) => void;
  /** Once for each different reason in a row. */
  readonly failed: (message: string) => void;
}

export class WatchedFiles {
  readonly #options: WatchedFilesOptions;
  #last: string | undefined;
  #failure = "";
  #timer: TimerHandle | undefined;
  #isStopped = false;

  constructor(options: WatchedFilesOptions) {
    this.#options = options;
  }

  /** Resolves when they have been read once, or cannot be. */
  async start(): Promise<void> {
    await this.#read();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer);
  }

  async #read(): Promise<void> {
    const { paths, timers, changed, failed } = this.#options;
    try {
      const texts = await Promise.all(paths.map(readText));
      if (this.#isStopped) return;
      this.#failure = "";
      const joined = JSON.stringify(texts);
      if (joined !== this.#last) {
        this.#last = joined;
        changed(texts);
      }
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      if (message !== this.#failure && !this.#isStopped) failed(message);
      this.#failure = message;
    }
    if (this.#isStopped) return;
    this.#timer = timers.set(WATCHED_FILES_LIMITS.rereadMs, () => void this.#read());
  }
}

async function readText(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`${path} cannot be read: ${readFailure(cause)}`, { cause });
  });
  const { charsMax } = WATCHED_FILES_LIMITS;
  if (text.length > charsMax) throw new Error(`${path} is longer than ${charsMax} characters`);
  return text;
}
