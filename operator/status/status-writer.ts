/**
 * Writes the status of the mesh's own objects into a cluster. Only the replica that leads writes,
 * and asks before each time whether it still does; and each write names the version of the object
 * that it follows from, so that one which was held up on its way changes nothing any more. An
 * object is written at most once in two seconds, unless a condition changes its status: proxies
 * come and go by the hundred, people wait for the conditions.
 *
 * Status is ours. Somebody else who writes it is told of, and overwritten, each time later.
 */
import { encodeCanonical } from "../../base/canonical-json.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { isRecord } from "../../base/shape.ts";
import type { Timers } from "../../base/timers.ts";
import { keepTransitionTimes } from "../../kube/conditions.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { type KubeResource, objectPath } from "../../kube/kube-object.ts";
import type { Leadership } from "../../kube/lease.ts";
import { type WorkObserver, WorkQueue } from "../../kube/work-queue.ts";
import type { ObjectId, ObjectSource } from "../sources/object-source.ts";
import type { StatusBook, StatusEntry } from "./status-book.ts";

export const FIELD_MANAGER = "heddle-operator";

export const WRITE_LIMITS = {
  /** Between two writes of one object in which no condition changes its status. */
  pauseMs: 2_000,
  writesAtOnce: 8,
  /** Between two times that what somebody else wrote is overwritten: doubled up to this. */
  contestedPauseMaxMs: 5 * 60_000,
  /** Of an object that has changed in a way that we have not heard of: looked at again then. */
  unheardMs: 5_000,
  /** Where another one led before: until all replicas have told who holds what. */
  settleMs: 3_000,
} as const;

const OWN_GROUP = "heddle.mesh";

export interface StatusWriterObserver {
  written(): void;
  failed(reason: string): void;
  /** Somebody else had written it; `who` is empty where nobody says who. */
  contested(entry: StatusEntry, who: string): void;
}

/** What a cluster's source knows beyond others. */
export interface ClusterObjects extends Pick<ObjectSource, "get" | "subscribe"> {
  /** The kind as the API server has it; undefined for those that are not read. */
  resourceOf(id: ObjectId): KubeResource | undefined;
  /** What stands in the object now. */
  presentStatus(id: ObjectId): unknown;
  /** At which version that is. */
  versionOf(id: ObjectId): string;
}

export interface StatusWriterOptions {
  readonly status: StatusBook;
  readonly client: KubeClient;
  readonly leadership: Leadership & {
    /** How often it has gone from one to another. */
    readonly transitions: number;
  };
  readonly objects: ClusterObjects;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: StatusWriterObserver;
  readonly queueObserver?: WorkObserver;
}

interface Written {
  readonly atMs: number;
  /** `True,False,…` in the order of the conditions. */
  readonly verdict: string;
  /** All that was written, but the times in it. */
  readonly text: string;
  /** The object's version before and after. */
  readonly from: string;
  readonly to: string;
  /** How often in a row somebody else had written it. */
  readonly contests: number;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #queue: WorkQueue;
  readonly #written = new Map<ObjectId, Written>();
  #unsubscribe: (() => void)[] = [];
  /** Ends what is under way when leadership is lost. */
  #term = new AbortController();
  /** Nothing is written before. */
  #settledMs = 0;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    const { clock, timers, random, observer } = options;
    this.#queue = new WorkQueue({
      work: (id) => this.#write(id),
      concurrency: WRITE_LIMITS.writesAtOnce,
      failed: (_id, cause) => observer.failed(cause instanceof KubeError ? cause.reason : "Other"),
      ...{ clock, timers, random },
      observer: options.queueObserver,
    });
  }

  start(): void {
    const { status, objects } = this.#options;
    this.#unsubscribe = [
      status.subscribe((changed) => this.#take(changed)),
      objects.subscribe((changed) => this.#look(changed)),
    ];
    this.leadershipChanged();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    this.#term.abort();
    await this.#queue.stop();
  }

  /** Everything may have changed under another leader. */
  leadershipChanged(): void {
    const { leadership, status, clock } = this.#options;
    this.#term.abort();
    this.#term = new AbortController();
    this.#written.clear();
    if (!leadership.holds()) return;
    const settleMs = leadership.transitions > 0 ? WRITE_LIMITS.settleMs : 0;
    this.#settledMs = clock.nowMs() + settleMs;
    this.#take(status.list());
  }

  #take(changed: readonly StatusEntry[]): void {
    const { leadership } = this.#options;
    if (!leadership.holds()) return;
    for (const { id, ref, conditions } of changed) {
      if (ref.group !== OWN_GROUP) continue;
      const isFlip = this.#written.get(id)?.verdict !== verdictOf({ conditions });
      this.#add(id, isFlip);
    }
  }

  /** Objects have changed: somebody else may have written their status. */
  #look(changed: readonly ObjectId[]): void {
    const { objects, status, leadership } = this.#options;
    const leads = leadership.holds();
    for (const id of changed) {
      const object = objects.get(id);
      if (object === undefined) this.#written.delete(id);
      // Of others nothing is written: their status is not worth a look before its turn.
      if (!leads || object?.ref.group !== OWN_GROUP) continue;
      const entry = status.get(id);
      const present = objects.presentStatus(id);
      if (entry !== undefined && !isSame(present, statusOf(entry, present))) this.#add(id, false);
    }
  }

  #add(id: ObjectId, isFlip: boolean): void {
    const nowMs = this.#options.clock.nowMs();
    const written = this.#written.get(id);
    const { pauseMs, contestedPauseMaxMs } = WRITE_LIMITS;
    const contests = written?.contests ?? 0;
    const needsMs = contests === 0 && isFlip ? 0 : pauseMs * 2 ** contests;
    const dueMs = (written?.atMs ?? 0) + Math.min(needsMs, contestedPauseMaxMs);
    this.#queue.add(id, Math.max(0, this.#settledMs - nowMs, written ? dueMs - nowMs : 0));
  }

  async #write(id: ObjectId): Promise<void> {
    const { status, leadership, objects, clock, observer } = this.#options;
    const entry = status.get(id);
    const resource = objects.resourceOf(id);
    if (entry === undefined || resource === undefined || !leadership.holds()) return;
    const present = objects.presentStatus(id);
    const seen = objects.versionOf(id);
    const wanted = statusOf(entry, present);
    const before = this.#written.get(id);
    const text = encodeCanonical({ ...entry.ref, ...statusOf(entry, undefined) });
    const verdict = verdictOf(entry);
    const about = { verdict, text, atMs: before?.atMs ?? 0 };
    if (isSame(present, wanted)) {
      this.#written.set(id, { ...about, from: seen, to: seen, contests: before?.contests ?? 0 });
      return;
    }
    // Our own last write, which we have not heard of yet, is where we go on from.
    const isUnheard = before?.from === seen;
    const from = isUnheard ? before.to : seen;
    const isUndone = before?.text === text && !isUnheard && before.to !== seen;
    const { signal } = this.#term;
    const result = await this.#apply(entry, resource, { status: wanted, version: from }, signal);
    if (result === undefined) return;
    const isContested = isUndone || result.managers !== "";
    if (isContested) observer.contested(entry, result.managers);
    const isQuiet = clock.nowMs() - about.atMs > WRITE_LIMITS.contestedPauseMaxMs;
    const contests = isContested ? (isQuiet ? 0 : (before?.contests ?? 0)) + 1 : 0;
    this.#written.set(id, {
      ...about,
      atMs: clock.nowMs(),
      from: seen,
      to: result.version,
      contests,
    });
    observer.written();
  }

  /** Undefined where there is nothing to write into any more, or we may not. */
  async #apply(
    { id, apiVersion, ref: { namespace, name } }: StatusEntry,
    resource: KubeResource,
    { status, version: resourceVersion }: { readonly status: object; readonly version: string },
    signal: AbortSignal,
  ): Promise<{ readonly version: string; readonly managers: string } | undefined> {
    const { client, leadership, observer } = this.#options;
    const metadata = { namespace, name, resourceVersion };
    const object = { apiVersion, kind: resource.kind, metadata, status };
    const path = `${objectPath(resource, { namespace, name })}/status`;
    let managers = "";
    for (const force of [false, true]) {
      if (!leadership.holds()) return undefined;
      try {
        const answer = await client.apply(path, object, FIELD_MANAGER, signal, { force });
        return { version: versionIn(answer), managers };
      } catch (cause) {
        if (signal.aborted) return undefined;
        const isGone = cause instanceof KubeError && cause.status === 404;
        if (isGone) return undefined;
        const conflicts = cause instanceof KubeError ? cause.managerConflicts : [];
        if (conflicts.length === 0 && cause instanceof KubeError && cause.status === 409) {
          // It has changed, and we shall hear how.
          observer.failed(cause.reason);
          this.#queue.add(id, WRITE_LIMITS.unheardMs);
          return undefined;
        }
        if (conflicts.length === 0 || force) throw cause;
        managers = conflicts.join("; ");
      }
    }
    return undefined;
  }
}

function statusOf(entry: StatusEntry, present: unknown): object {
  const { ref, conditions, proxies, summary } = entry;
  const before = isRecord(present) ? present.conditions : undefined;
  return {
    observedGeneration: ref.generation,
    conditions: keepTransitionTimes(before, conditions),
    proxies,
    summary,
  };
}

function verdictOf({ conditions }: Pick<StatusEntry, "conditions">): string {
  return conditions.map(({ status }) => status).join();
}

function versionIn(answer: unknown): string {
  const metadata = isRecord(answer) && isRecord(answer.metadata) ? answer.metadata : {};
  return typeof metadata.resourceVersion === "string" ? metadata.resourceVersion : "";
}

function isSame(present: unknown, wanted: object): boolean {
  try {
    return encodeCanonical(present ?? null) === encodeCanonical(wanted);
  } catch {
    return false;
  }
}
