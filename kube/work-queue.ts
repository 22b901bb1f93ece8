/**
 * Work by key: whatever is added while it waits is done once, one key is never worked on twice at
 * a time, and what fails is tried again later and later, but soon when it is asked for anew: what
 * came may be the very thing that it failed for the lack of. Level-based: the work looks at what is
 * true when its turn comes.
 */
import { Backoff } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { TimerHandle, Timers } from "../base/timers.ts";

export const WORK_LIMITS = {
  retryBaseMs: 500,
  retryMaxMs: 60_000,
  /** After a failure; a key that is asked for all the time is not tried more often than this. */
  retryWhenAskedMs: 2_000,
  keysMax: 100_000,
} as const;

export interface WorkObserver {
  /** Keys that wait or are worked on now. */
  sized(count: number): void;
  added(): void;
  /** There was no room. */
  refused(): void;
  /** `lateMs` after it was due. */
  began(lateMs: number): void;
  ended(durationMs: number, isFailed: boolean): void;
}

export interface WorkQueueOptions {
  /** A failure is told by throwing; one with `retryAfterMs` is not tried again sooner. */
  readonly work: (key: string) => Promise<void>;
  /** Keys that are worked on at a time. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly failed: (key: string, cause: unknown) => void;
  readonly observer?: WorkObserver | undefined;
}

interface Entry {
  state: "waiting" | "ready" | "working";
  dueMs: number;
  timer: TimerHandle | undefined;
  /** Asked for while it was worked on: when it is due again. */
  againMs: number | undefined;
  /** Undefined until it failed. */
  backoff: Backoff | undefined;
  /** Not before then, whoever asks, because it failed. */
  soonestMs: number;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ready: string[] = [];
  #working = 0;
  #isStopped = false;
  readonly #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that wait or are worked on. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Of two times that are asked for, the earlier counts, also against the time at which a failure
   * is to be tried again. False when there is no room.
   */
  add(key: string, delayMs = 0): boolean {
    if (this.#isStopped) return false;
    const nowMs = this.#options.clock.nowMs();
    const dueMs = nowMs + delayMs;
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= WORK_LIMITS.keysMax) {
        this.#options.observer?.refused();
        return false;
      }
      const state = "waiting";
      const fresh: Entry = { state, dueMs, ...NOTHING_ELSE };
      this.#entries.set(key, fresh);
      this.#options.observer?.added();
      this.#sized();
      this.#wait(key, fresh, delayMs);
    } else if (entry.state === "working") {
      if (entry.againMs === undefined) this.#options.observer?.added();
      entry.againMs = Math.min(dueMs, entry.againMs ?? Number.POSITIVE_INFINITY);
    } else if (entry.state === "waiting") {
      const soonMs = Math.max(dueMs, entry.soonestMs);
      if (soonMs >= entry.dueMs) return true;
      entry.dueMs = soonMs;
      this.#wait(key, entry, soonMs - nowMs);
    }
    return true;
  }

  /** Forgets what waits; resolves when nothing is worked on any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { timer } of this.#entries.values()) {
      if (timer !== undefined) this.#options.timers.clear(timer);
    }
    this.#entries.clear();
    this.#sized();
    this.#ready.length = 0;
    if (this.#working === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wait(key: string, entry: Entry, delayMs: number): void {
    const { timers } = this.#options;
    if (entry.timer !== undefined) timers.clear(entry.timer);
    entry.timer = timers.set(delayMs, () => {
      entry.timer = undefined;
      entry.state = "ready";
      this.#ready.push(key);
      this.#next();
    });
  }

  #next(): void {
    while (this.#working < this.#options.concurrency) {
      const key = this.#ready.shift();
      const entry = key === undefined ? undefined : this.#entries.get(key);
      if (key === undefined || entry === undefined) return;
      entry.state = "working";
      this.#working += 1;
      void this.#work(key, entry);
    }
  }

  async #work(key: string, entry: Entry): Promise<void> {
    const { work, failed, clock, observer } = this.#options;
    const startMs = clock.nowMs();
    observer?.began(Math.max(0, startMs - entry.dueMs));
    let delayMs: number | undefined;
    let isFailed = false;
    try {
      await work(key);
      entry.backoff = undefined;
      entry.soonestMs = 0;
      if (entry.againMs !== undefined) delayMs = Math.max(0, entry.againMs - clock.nowMs());
    } catch (cause) {
      isFailed = true;
      failed(key, cause);
      delayMs = this.#retryMs(entry, cause);
    }
    this.#working -= 1;
    observer?.ended(clock.nowMs() - startMs, isFailed);
    if (this.#isStopped) {
      if (this.#working === 0) for (const tell of this.#idle) tell();
      return;
    }
    entry.againMs = undefined;
    if (delayMs === undefined) {
      this.#entries.delete(key);
      this.#sized();
    } else {
      entry.state = "waiting";
      entry.dueMs = clock.nowMs() + delayMs;
      this.#wait(key, entry, delayMs);
    }
    this.#next();
  }

  #sized(): void {
    this.#options.observer?.sized(this.#entries.size);
  }

  #retryMs(entry: Entry, cause: unknown): number {
    const { retryBaseMs: baseMs, retryMaxMs: maxMs, retryWhenAskedMs } = WORK_LIMITS;
    const { clock, random } = this.#options;
    entry.backoff ??= new Backoff({ baseMs, maxMs, random });
    const hasWish = cause instanceof Error && "retryAfterMs" in cause;
    const wishedMs = hasWish && typeof cause.retryAfterMs === "number" ? cause.retryAfterMs : 0;
    const nowMs = clock.nowMs();
    entry.soonestMs = nowMs + Math.max(wishedMs, retryWhenAskedMs);
    const retryMs = Math.max(wishedMs, entry.backoff.nextMs());
    if (entry.againMs === undefined) return retryMs;
    return Math.min(retryMs, Math.max(entry.againMs, entry.soonestMs) - nowMs);
  }
}

const NOTHING_ELSE = {
  timer: undefined,
  againMs: undefined,
  backoff: undefined,
  soonestMs: 0,
} as const;
