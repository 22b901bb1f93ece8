/**
 * Keeps what was accepted last of each of the mesh's objects. The replica that leads does it for
 * every version that is accepted. Another one does it only where it is the only one that knows: the
 * newest version is refused, and it has seen one accepted that is newer than what is kept. There is
 * no harm in both doing it, as the highest generation counts; so nothing is lost where a version
 * was there for so short a time that the leader missed it.
 */
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Timers } from "../../base/timers.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { namespacePath, objectPath } from "../../kube/kube-object.ts";
import type { Leadership } from "../../kube/lease.ts";
import { type WorkObserver, WorkQueue } from "../../kube/work-queue.ts";
import type { ObjectId, ObjectSource } from "../sources/object-source.ts";
import { type KeptVersion, makeRevision, REVISIONS } from "./revision.ts";
import type { RevisionStore } from "./revision-store.ts";

const WRITES_AT_ONCE = 4;

export interface AcceptedVersion extends KeptVersion {
  readonly uid: string;
  /** As the kept version was written: `heddle.mesh/v1alpha1`. */
  readonly apiVersion: string;
}

export interface AcceptedObjects extends Pick<ObjectSource, "get" | "list" | "subscribe"> {
  /** What is in force; undefined where nothing is, and for kinds that need no keeping. */
  acceptedOf(id: ObjectId): AcceptedVersion | undefined;
}

export interface RevisionObserver {
  kept(): void;
  failed(reason: string): void;
  /** It is not kept, and never will be. */
  tooLarge(id: ObjectId): void;
}

export interface RevisionWriterOptions {
  readonly store: RevisionStore;
  readonly objects: AcceptedObjects;
  readonly client: KubeClient;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: RevisionObserver;
  readonly queueObserver?: WorkObserver;
}

export class RevisionWriter {
  readonly #options: RevisionWriterOptions;
  readonly #queue: WorkQueue;
  readonly #tooLarge = new Map<ObjectId, number>();
  readonly #abort = new AbortController();
  #unsubscribe: (() => void)[] = [];

  constructor(options: RevisionWriterOptions) {
    this.#options = options;
    const { clock, timers, random, observer } = options;
    this.#queue = new WorkQueue({
      work: (id) => this.#keep(id),
      concurrency: WRITES_AT_ONCE,
      failed: (_id, cause) => observer.failed(cause instanceof KubeError ? cause.reason : "Other"),
      ...{ clock, timers, random },
      observer: options.queueObserver,
    });
  }

  start(): void {
    const { objects, store } = this.#options;
    const take = (changed: readonly ObjectId[]): void => {
      for (const id of changed) this.#take(id);
    };
    this.#unsubscribe = [objects.subscribe(take), store.subscribe(take)];
    this.leadershipChanged();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#abort.abort();
    await this.#queue.stop();
  }

  leadershipChanged(): void {
    for (const { id } of this.#options.objects.list()) this.#take(id);
  }

  #take(id: ObjectId): void {
    const { objects, store } = this.#options;
    const accepted = objects.acceptedOf(id);
    if (accepted === undefined) {
      this.#tooLarge.delete(id);
      return;
    }
    const isKept = (store.get(id, accepted.uid)?.generation ?? 0) >= accepted.generation;
    if (!isKept || store.replaced(id, accepted.uid).length > 0) this.#queue.add(id);
  }

  async #keep(id: ObjectId): Promise<void> {
    const { store, objects, leadership } = this.#options;
    const accepted = objects.acceptedOf(id);
    const object = objects.get(id);
    if (accepted === undefined || object === undefined || this.#abort.signal.aborted) return;
    const { uid, generation } = accepted;
    const leads = leadership.holds();
    const isRefused = object.ref.generation > generation;
    const isKept = (store.get(id, uid)?.generation ?? 0) >= generation;
    if (!isKept && (leads || isRefused)) await this.#write(id, accepted, object.ref);
    if (!leads) return;
    for (const { namespace, name } of store.replaced(id, uid)) {
      await this.#remove(objectPath(REVISIONS, { namespace, name }));
    }
  }

  async #write(
    id: ObjectId,
    accepted: AcceptedVersion,
    { kind, namespace, name }: { kind: string; namespace: string; name: string },
  ): Promise<void> {
    const { client, observer } = this.#options;
    const { apiVersion, uid, generation } = accepted;
    if (this.#tooLarge.get(id) === generation) return;
    const revision = makeRevision({ apiVersion, kind, namespace, name, uid }, accepted);
    if (revision === undefined) {
      this.#tooLarge.set(id, generation);
      observer.tooLarge(id);
      return;
    }
    try {
      await client.create(namespacePath(REVISIONS, namespace), revision, this.#abort.signal);
      observer.kept();
    } catch (cause) {
      // It is there, made by us or another one; or there is no such place any more.
      if (cause instanceof KubeError && [404, 409].includes(cause.status)) return;
      if (!this.#abort.signal.aborted) throw cause;
    }
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.#options.client.delete(path, this.#abort.signal);
    } catch (cause) {
      if (cause instanceof KubeError && cause.status === 404) return;
      if (!this.#abort.signal.aborted) throw cause;
    }
  }
}
