/**
 * Events, as `kubectl describe` shows them below an object. The same about the same object is one
 * Event that counts; so many in a minute are written, and the rest is counted as dropped: events
 * are for people, and a flood of them would cost the API server more than anyone would read.
 */
import { revisionOf } from "../base/canonical-json.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import type { KubeClient } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";
import { objectPath } from "./kube-object.ts";
import { microTime } from "./micro-time.ts";
import { type WorkObserver, WorkQueue } from "./work-queue.ts";

export const EVENT_LIMITS = {
  /** Remembered, so that what comes again is counted. */
  keptMax: 1_000,
  /** What did not come again for so long is a new one when it does. */
  keptMs: 10 * 60_000,
  /** Repetitions are written together. */
  seriesMs: 60_000,
  perMinuteMax: 60,
  /** The API server takes 1,024. */
  noteBytesMax: 1_000,
  /** Of an Event's own name, as of any object's. */
  nameCharsMax: 253,
} as const;

const EVENTS = { group: "events.k8s.io", version: "v1", plural: "events" } as const;

export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Without it, nobody finds the Event at its object. */
  readonly uid: string;
}

export interface EventNews {
  readonly regarding: Regarding;
  /** One CamelCase word: what was found. */
  readonly reason: string;
  /** One CamelCase word: what was done when it was found. */
  readonly action: string;
  /** For people. */
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** `heddle.mesh/operator` */
  readonly controller: string;
  /** Of this process. */
  readonly instance: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly dropped: () => void;
  readonly failed: (cause: unknown) => void;
  readonly queueObserver?: WorkObserver;
}

interface Kept {
  readonly news: EventNews;
  readonly name: string;
  readonly firstWallMs: number;
  lastWallMs: number;
  lastMs: number;
  count: number;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #queue: WorkQueue;
  /** Those that came last are last. */
  readonly #kept = new Map<string, Kept>();
  readonly #abort = new AbortController();
  #minute = { startMs: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    const { clock, timers, random, failed } = options;
    this.#queue = new WorkQueue({
      work: (key) => this.#write(key),
      concurrency: 2,
      ...{ clock, timers, random },
      failed: (_key, cause) => failed(cause),
      observer: options.queueObserver,
    });
  }

  record(news: EventNews): void {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const wallMs = clock.wallMs();
    this.#forget(nowMs);
    const { regarding, reason, note } = news;
    const key = [regarding.uid, regarding.name, reason, note].join("\0");
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      kept.count += 1;
      kept.lastMs = nowMs;
      kept.lastWallMs = wallMs;
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      this.#queue.add(key, EVENT_LIMITS.seriesMs);
      return;
    }
    if (!this.#mayWrite(nowMs)) {
      this.#options.dropped();
      return;
    }
    const name = nameOf(regarding, revisionOf(`${key}\0${wallMs}`).slice(0, 16));
    const times = { firstWallMs: wallMs, lastWallMs: wallMs, lastMs: nowMs };
    this.#kept.set(key, { news, name, ...times, count: 1 });
    this.#queue.add(key);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#queue.stop();
  }

  #mayWrite(nowMs: number): boolean {
    if (nowMs - this.#minute.startMs >= 60_000) this.#minute = { startMs: nowMs, count: 0 };
    this.#minute.count += 1;
    return this.#minute.count <= EVENT_LIMITS.perMinuteMax;
  }

  #forget(nowMs: number): void {
    for (const [key, { lastMs }] of this.#kept) {
      const isOld = nowMs - lastMs >= EVENT_LIMITS.keptMs;
      if (!isOld && this.#kept.size < EVENT_LIMITS.keptMax) return;
      this.#kept.delete(key);
    }
  }

  async #write(key: string): Promise<void> {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    const { client, controller, instance } = this.#options;
    const { namespace } = kept.news.regarding;
    const path = objectPath(EVENTS, { namespace, name: kept.name });
    const event = eventOf(kept, controller, instance);
    try {
      // It makes the Event or brings it up to date, whichever is the case.
      await client.apply(path, event, controller, this.#abort.signal);
    } catch (cause) {
      if (!isFinal(cause)) throw cause;
      this.#options.failed(cause);
    }
  }
}

/** In a namespace that goes, say: what is refused once is refused each time that it is tried. */
function isFinal(cause: unknown): boolean {
  return cause instanceof KubeError && [400, 403, 404, 422].includes(cause.status);
}

function nameOf({ name }: Regarding, digest: string): string {
  const room = EVENT_LIMITS.nameCharsMax - digest.length - 1;
  // Each part of a name ends in a letter or digit.
  return `${name.slice(0, room).replace(/[^a-z0-9]+$/, "")}.${digest}`;
}

function eventOf(kept: Kept, controller: string, instance: string): object {
  const { regarding, reason, action, note } = kept.news;
  const series = { count: kept.count, lastObservedTime: microTime(kept.lastWallMs) };
  return {
    apiVersion: `${EVENTS.group}/${EVENTS.version}`,
    kind: "Event",
    metadata: { namespace: regarding.namespace, name: kept.name },
    eventTime: microTime(kept.firstWallMs),
    ...(kept.count > 1 ? { series } : {}),
    reportingController: controller,
    reportingInstance: instance,
    type: "Warning",
    reason,
    action,
    regarding,
    // A character that is cut in two becomes another one, of no more than three bytes.
    note: Buffer.from(note).subarray(0, EVENT_LIMITS.noteBytesMax).toString(),
  };
}
