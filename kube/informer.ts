/**
 * The objects of one kind as an API server has them, all or some, kept up to date: reads them once,
 * then follows what changes, and never gives up. Whatever breaks, it goes on from the version that
 * it saw last, and reads everything anew only when the server no longer keeps that version. What it
 * holds stays while nothing can be read.
 *
 * Each turn either reads or watches:
 *
 *     reading ── all is read ──▶ watching ── 410, or too many failures in a row ──▶ reading
 *     reading ── 404, 403, any failure ──▶ reading, after a pause
 *     watching ── the server ended it, or it broke ──▶ watching, from the version seen last
 *     both ── stop ──▶ the end
 */
import { Backoff } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import type { KubeClient, WatchEvent } from "./kube-client.ts";
import { KubeError, OWN_REASONS } from "./kube-error.ts";
import { type KubeResource, resourceName } from "./kube-object.ts";
import { type ChangeListener, ObjectStore } from "./object-store.ts";
import { isStreamUnknown, type ReadFrom, type Reading, readPages, readStream } from "./read-all.ts";
import { EVERYTHING, type Selection } from "./selection.ts";
import { Turns } from "./turns.ts";

export const INFORMER_LIMITS = {
  retryBaseMs: 500,
  retryMaxMs: 30_000,
  /** A watch that ends sooner was none: without a pause, the next would follow at once. */
  watchShortMs: 1_000,
  /** Failed watches in a row after which everything is read anew, to be sure. */
  watchFailuresMax: 5,
  /** Drawn between these, so that watches do not all end together. */
  watchSecondsMin: 300,
  watchSecondsMax: 600,
  /**
   * A quiet kind is watched in short turns. The server ends each by itself (with a bookmark only
   * where something of the kind changed anywhere), by which we know that it still speaks to us;
   * silence that is longer means that the way there is dead.
   */
  quietWatchSeconds: 40,
  /**
   * After this everything is read anew though nothing says that it has to be: what an API server
   * forgot to tell would be wrong for ever. Drawn between these.
   */
  rereadMsMin: 8 * 3_600_000,
  rereadMsMax: 16 * 3_600_000,
  /** How often is looked for a kind that is not there, and one that may not be read; at most. */
  absentMs: 30_000,
  forbiddenMs: 60_000,
  /** How long changes are told of before others have their turn. */
  turnMs: 3,
} as const;

/** Why all was read: at the start, after 410 or failures, for a kind that came, or to be sure. */
export type ReadReason = "start" | "expired" | "failures" | "appeared" | "period";

export interface InformerObserver {
  read(resource: string, reason: ReadReason): void;
  watched(resource: string): void;
  /** `reason` is a word of the API server's, or of ours. */
  failed(resource: string, reason: string): void;
  /** `message` is empty unless something is wrong. */
  changed?(resource: string, state: InformerState, message: string): void;
  listenerFailed(resource: string, cause: unknown): void;
}

export type InformerState =
  | "starting"
  | "following"
  /** The kind is not installed. */
  | "absent"
  /** The server does not let us read it. */
  | "forbidden"
  | "failing";

export interface InformerOptions {
  readonly client: KubeClient;
  /** The kind in the versions that are understood, the best first. */
  readonly versions: readonly [KubeResource, ...KubeResource[]];
  /** All of them, whole, where it is absent. */
  readonly selection?: Selection;
  /**
   * Every API server has the kind: when one says that it does not, that is no reason to forget
   * what is held.
   */
  readonly isBuiltIn?: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: InformerObserver;
  /** Called when `state`, `message` or `isSettled` may have changed. */
  readonly stateChanged: () => void;
  /** In metrics and logs; the kind's own where it is absent. */
  readonly name?: string;
}

export class Informer {
  readonly name: string;
  readonly #options: InformerOptions;
  readonly #store: ObjectStore;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #state: InformerState = "starting";
  #message = "";
  #isSettled = false;
  #heardAtWallMs = 0;
  #version = 0;
  /** Versions in a row that are not there. */
  #versionsMissing = 0;
  /** Empty: everything has to be read. */
  #seen = "";
  #readReason: ReadReason = "start";
  #rereadAtMs = 0;
  #mayStream = true;
  #isQuiet = false;
  #watchFailures = 0;

  constructor(options: InformerOptions) {
    const { versions, observer, random } = options;
    this.#options = options;
    this.name = options.name ?? resourceName(versions[0]);
    this.#store = new ObjectStore((cause) => observer.listenerFailed(this.name, cause));
    const { retryBaseMs: baseMs, retryMaxMs: maxMs } = INFORMER_LIMITS;
    this.#backoff = new Backoff({ baseMs, maxMs, random });
  }

  get state(): InformerState {
    return this.#state;
  }

  /** What is wrong, in words; empty when nothing is. */
  get message(): string {
    return this.#message;
  }

  /** Whether all has been read once, or the kind was found not to be there. Stays true. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** When the server last said anything about the kind, since the epoch; 0 for never. */
  get heardAtWallMs(): number {
    return this.#heardAtWallMs;
  }

  get size(): number {
    return this.#store.size;
  }

  subscribe(listener: ChangeListener): () => void {
    return this.#store.subscribe(listener);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** After it resolves no listener is called any more. */
  async stop(): Promise<void> {
    this.#store.clearListeners();
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const pauseMs = await this.#turn();
      if (pauseMs > 0) await this.#pause(pauseMs);
    }
  }

  /** Resolves to how long to wait before the next. */
  async #turn(): Promise<number> {
    const { clock } = this.#options;
    const startMs = clock.nowMs();
    if (this.#seen !== "" && startMs >= this.#rereadAtMs) this.#readAgain("period");
    const isWatch = this.#seen !== "";
    try {
      if (isWatch) await this.#watch();
      else await this.#read();
    } catch (cause) {
      if (this.#stopping.signal.aborted) return 0;
      if (isWatch) this.#endWatch(startMs, false);
      return await this.#failed(cause, isWatch);
    }
    if (!isWatch) return 0;
    return this.#endWatch(startMs, true) ? 0 : this.#backoff.nextMs();
  }

  /** Whether it lasted long enough to count as one. */
  #endWatch(startMs: number, isWhole: boolean): boolean {
    const isLong = this.#options.clock.nowMs() - startMs >= INFORMER_LIMITS.watchShortMs;
    if (isLong) this.#backoff.reset();
    if (isLong && isWhole) this.#watchFailures = 0;
    return isLong;
  }

  async #read(): Promise<void> {
    const { observer } = this.#options;
    const reason = this.#readReason;
    observer.read(this.name, reason);
    const { objects, resourceVersion } = await this.#readObjects(reason);
    this.#seen = resourceVersion;
    this.#readReason = "failures";
    this.#rereadAtMs = this.#options.clock.nowMs() + this.#rereadMs();
    this.#watchFailures = 0;
    this.#versionsMissing = 0;
    await this.#replace(objects);
    this.#heard(true);
  }

  async #replace(objects: Reading["objects"]): Promise<void> {
    const { clock, timers } = this.#options;
    const turns = new Turns({ clock, timers, turnMs: INFORMER_LIMITS.turnMs });
    await this.#store.replace(objects, turns, this.#stopping.signal);
  }

  async #readObjects(reason: ReadReason): Promise<Reading> {
    const from = this.#from;
    const { signal } = this.#stopping;
    if (this.#mayStream) {
      try {
        return await readStream(from, this.#longSeconds(), signal);
      } catch (error) {
        if (!isStreamUnknown(error)) throw error;
        this.#mayStream = false;
      }
    }
    return await readPages(from, reason === "start" ? "any" : "newest", signal);
  }

  async #watch(): Promise<void> {
    const { client, resource, selection } = this.#from;
    this.#options.observer.watched(this.name);
    const wasQuiet = this.#isQuiet;
    const timeoutSeconds = wasQuiet ? INFORMER_LIMITS.quietWatchSeconds : this.#longSeconds();
    this.#isQuiet = true;
    const query = { resourceVersion: this.#seen, timeoutSeconds };
    try {
      const { signal } = this.#stopping;
      for await (const event of client.watch(resource, query, signal, selection)) this.#take(event);
    } catch (cause) {
      // It was not to be expected that the server says anything in so short a time.
      const isSilent = cause instanceof KubeError && cause.reason === OWN_REASONS.silent;
      if (!isSilent || wasQuiet) throw cause;
    }
  }

  #take(event: WatchEvent): void {
    if (event.type === "opened") {
      this.#heard(false);
      return;
    }
    if (event.type === "bookmark") {
      this.#seen = event.resourceVersion;
    } else {
      this.#isQuiet = false;
      this.#seen = event.object.resourceVersion;
      if (event.type === "deleted") this.#store.remove(event.object);
      else this.#store.put(event.object);
    }
    this.#watchFailures = 0;
    this.#heard(false);
  }

  #heard(isAll: boolean): void {
    this.#heardAtWallMs = this.#options.clock.wallMs();
    if (this.#state !== "following" || isAll) this.#become("following", "", true);
  }

  /** How long to wait after `cause`. */
  async #failed(cause: unknown, isWatch: boolean): Promise<number> {
    const error = cause instanceof KubeError ? cause : ownDefect(cause);
    this.#options.observer.failed(this.name, error.reason === "" ? "Other" : error.reason);
    if (error.status === 404 && this.#options.isBuiltIn !== true) return await this.#notFound();
    if (error.isExpired) {
      this.#readAgain("expired");
      return this.#backoff.nextMs();
    }
    if (isWatch) {
      this.#watchFailures += 1;
      if (this.#watchFailures >= INFORMER_LIMITS.watchFailuresMax) this.#readAgain("failures");
    }
    if (error.status === 403) {
      this.#become("forbidden", error.message, this.#isSettled);
      return this.#spread(INFORMER_LIMITS.forbiddenMs);
    }
    this.#become("failing", error.message, this.#isSettled);
    return Math.max(error.retryAfterMs, this.#backoff.nextMs());
  }

  /** Looks for the next version that is understood; after the last of them, the kind is gone. */
  async #notFound(): Promise<number> {
    const { versions } = this.#options;
    this.#readAgain("appeared");
    this.#version = (this.#version + 1) % versions.length;
    this.#versionsMissing += 1;
    if (this.#versionsMissing < versions.length) return 0;
    this.#versionsMissing = 0;
    await this.#replace(new Map());
    this.#become("absent", "", true);
    return this.#spread(INFORMER_LIMITS.absentMs);
  }

  #readAgain(reason: ReadReason): void {
    this.#seen = "";
    this.#readReason = reason;
    this.#isQuiet = false;
  }

  #become(state: InformerState, message: string, isSettled: boolean): void {
    const isSameState = this.#state === state;
    if (isSameState && this.#message === message && this.#isSettled === isSettled) return;
    this.#state = state;
    this.#message = message;
    this.#isSettled = isSettled;
    if (!isSameState) this.#options.observer.changed?.(this.name, state, message);
    this.#options.stateChanged();
  }

  get #from(): ReadFrom {
    const { client, versions, selection = EVERYTHING } = this.#options;
    return { client, resource: versions[this.#version] ?? versions[0], selection };
  }

  #longSeconds(): number {
    const { watchSecondsMin, watchSecondsMax } = INFORMER_LIMITS;
    const span = watchSecondsMax - watchSecondsMin;
    return watchSecondsMin + Math.floor(span * this.#options.random.nextFloat());
  }

  #rereadMs(): number {
    const { rereadMsMin, rereadMsMax } = INFORMER_LIMITS;
    return rereadMsMin + (rereadMsMax - rereadMsMin) * this.#options.random.nextFloat();
  }

  /** Between half of it and all of it. */
  #spread(mostMs: number): number {
    return mostMs * (0.5 + 0.5 * this.#options.random.nextFloat());
  }

  #pause(durationMs: number): Promise<void> {
    const { timers } = this.#options;
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      const stop = (): void => {
        timers.clear(handle);
        resolve();
      };
      const handle = timers.set(durationMs, () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
  }
}

function ownDefect(cause: unknown): KubeError {
  const message = `what the API server said could not be taken: ${String(cause)}`;
  return new KubeError({ status: 0, reason: OWN_REASONS.malformed, message, cause });
}
