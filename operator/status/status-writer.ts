/**
 * Writes the status of the mesh's own objects into a cluster. Only the replica that leads writes,
 * and asks before each time whether it still does. An object is written at most once in two
 * seconds, unless a condition changes its status: proxies come and go by the hundred, people wait
 * for the conditions.
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
import { WorkQueue } from "../../kube/work-queue.ts";
import type { ObjectId, ObjectSource } from "../sources/object-source.ts";
import type { StatusBook, StatusEntry } from "./status-book.ts";

export const FIELD_MANAGER = "heddle-operator";

export const WRITE_LIMITS = {
  /** Between two writes of one object in which no condition changes its status. */
  pauseMs: 2_000,
  writesAtOnce: 8,
} as const;

const OWN_GROUP = "heddle.mesh";

export interface StatusWriterObserver {
  written(): void;
  failed(reason: string): void;
}

/** What a cluster's source knows beyond others. */
export interface ClusterObjects extends Pick<ObjectSource, "get" | "subscribe"> {
  /** The kind as the API server has it; undefined for those that are not read. */
  resourceOf(id: ObjectId): KubeResource | undefined;
  /** What stands in the object now. */
  presentStatus(id: ObjectId): unknown;
}

export interface StatusWriterOptions {
  readonly status: StatusBook;
  readonly client: KubeClient;
  readonly leadership: Leadership;
  readonly objects: ClusterObjects;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: StatusWriterObserver;
}

interface Written {
  readonly atMs: number;
  /** `True,False,…` in the order of the conditions. */
  readonly verdict: string;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #queue: WorkQueue;
  readonly #written = new Map<ObjectId, Written>();
  #unsubscribe: (() => void)[] = [];
  /** Ends what is under way when leadership is lost. */
  #term = new AbortController();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    const { clock, timers, random, observer } = options;
    this.#queue = new WorkQueue({
      work: (id) => this.#write(id),
      concurrency: WRITE_LIMITS.writesAtOnce,
      failed: (_id, cause) => observer.failed(cause instanceof KubeError ? cause.reason : "Other"),
      ...{ clock, timers, random },
    });
  }

  start(): void {
    const { status, objects } = this.#options;
    this.#unsubscribe = [
      status.subscribe((changed) => this.#take(changed)),
      objects.subscribe((changed) => {
        for (const id of changed) if (objects.get(id) === undefined) this.#written.delete(id);
      }),
    ];
    this.leadershipChanged();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#term.abort();
    await this.#queue.stop();
  }

  /** Everything may have changed under another leader. */
  leadershipChanged(): void {
    this.#term.abort();
    this.#term = new AbortController();
    this.#written.clear();
    if (this.#options.leadership.holds()) this.#take(this.#options.status.list());
  }

  #take(changed: readonly StatusEntry[]): void {
    const { leadership, clock } = this.#options;
    if (!leadership.holds()) return;
    for (const { id, ref, conditions } of changed) {
      if (ref.group !== OWN_GROUP) continue;
      const before = this.#written.get(id);
      const isFlip = before?.verdict !== verdictOf({ conditions });
      const pauseMs = (before?.atMs ?? 0) + WRITE_LIMITS.pauseMs - clock.nowMs();
      this.#queue.add(id, isFlip || before === undefined ? 0 : Math.max(0, pauseMs));
    }
  }

  async #write(id: ObjectId): Promise<void> {
    const { status, client, leadership, objects, clock } = this.#options;
    const entry = status.get(id);
    const resource = objects.resourceOf(id);
    if (entry === undefined || resource === undefined) return;
    const present = objects.presentStatus(id);
    const wanted = statusOf(entry, isRecord(present) ? present.conditions : undefined);
    const verdict = verdictOf(entry);
    if (isSame(present, wanted)) {
      this.#written.set(id, { atMs: this.#written.get(id)?.atMs ?? 0, verdict });
      return;
    }
    if (!leadership.holds()) return;
    const { namespace, name } = entry.ref;
    const object = {
      apiVersion: entry.apiVersion,
      kind: resource.kind,
      metadata: { namespace, name },
      status: wanted,
    };
    const path = `${objectPath(resource, { namespace, name })}/status`;
    const { signal } = this.#term;
    try {
      await client.apply(path, object, FIELD_MANAGER, signal);
    } catch (cause) {
      const isGone = cause instanceof KubeError && cause.status === 404;
      if (isGone || signal.aborted) return;
      throw cause;
    }
    this.#written.set(id, { atMs: clock.nowMs(), verdict });
    this.#options.observer.written();
  }
}

function statusOf(entry: StatusEntry, present: unknown): object {
  const { ref, conditions, proxies, summary } = entry;
  return {
    observedGeneration: ref.generation,
    conditions: keepTransitionTimes(present, conditions),
    proxies,
    summary,
  };
}

function verdictOf({ conditions }: Pick<StatusEntry, "conditions">): string {
  return conditions.map(({ status }) => status).join();
}

function isSame(present: unknown, wanted: object): boolean {
  try {
    return encodeCanonical(present ?? null) === encodeCanonical(wanted);
  } catch {
    return false;
  }
}
