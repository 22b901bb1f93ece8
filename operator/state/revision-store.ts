/**
 * What was accepted last of a cluster's objects, as every replica follows it: it stays in force
 * while the newest version is refused, also where a replica has seen nothing but that one. Of
 * several of one object the highest generation counts, whoever made it and in whatever order they
 * are heard of.
 */
import { LAST_ACCEPTED } from "../../inject/names.ts";
import { Informer, type InformerOptions } from "../../kube/informer.ts";
import type { KubeObject } from "../../kube/kube-object.ts";
import type { ObjectChange } from "../../kube/object-store.ts";
import type { ObjectId } from "../sources/object-source.ts";
import { type KeptVersion, parseRevision, REVISIONS, type Revision } from "./revision.ts";

/** What is beyond is left aside, and told: there are no more objects than that in any cluster. */
export const REVISIONS_MAX = 50_000;

export interface RevisionStoreOptions
  extends Pick<InformerOptions, "client" | "clock" | "timers" | "random" | "observer"> {
  /** One that cannot be used, by its name, and why. */
  readonly report: (revision: string, why: string) => void;
}

export class RevisionStore {
  readonly informer: Informer;
  readonly #report: (revision: string, why: string) => void;
  /** By the uid of the object, its revisions by name. */
  readonly #revisions = new Map<string, Map<string, Revision>>();
  readonly #listeners = new Set<(changed: readonly ObjectId[]) => void>();
  readonly #stateListeners = new Set<() => void>();
  #size = 0;
  /** Names of those that were told of, as long as they are there. */
  readonly #told = new Set<string>();

  constructor({ report, ...options }: RevisionStoreOptions) {
    this.#report = report;
    this.informer = new Informer({
      ...options,
      versions: [REVISIONS],
      isBuiltIn: true,
      selection: { labelSelector: `${LAST_ACCEPTED}=true` },
      stateChanged: () => {
        for (const listener of this.#stateListeners) listener();
      },
    });
    this.informer.subscribe((change) => this.#take(change));
  }

  /**
   * Whether all that is kept has been read. What may not be read is nothing: then every replica
   * knows what it has seen itself.
   */
  get isSettled(): boolean {
    return this.informer.isSettled || this.informer.state === "forbidden";
  }

  get size(): number {
    return this.#size;
  }

  /** Of that very object: one that was made anew under its name has another uid. */
  get(id: ObjectId, uid: string): Revision | undefined {
    let newest: Revision | undefined;
    for (const revision of this.#revisions.get(uid)?.values() ?? []) {
      if (revision.id !== id) continue;
      if (newest === undefined || revision.generation > newest.generation) newest = revision;
    }
    return newest;
  }

  /** Those of the object that a newer one has replaced. */
  replaced(id: ObjectId, uid: string): readonly Revision[] {
    const newest = this.get(id, uid);
    const all = [...(this.#revisions.get(uid)?.values() ?? [])];
    return all.filter((one) => one.id === id && one !== newest);
  }

  /** It makes no sense to this operator: that is told, once. */
  unreadable(id: ObjectId, version: KeptVersion, why: string): void {
    this.#tell(`${id} generation ${version.generation}`, why);
  }

  /** Calls back with the objects of which something else is kept than before. */
  subscribe(listener: (changed: readonly ObjectId[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back when `isSettled`, or the informer's state, may have changed. */
  subscribeState(listener: () => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  start(): void {
    this.informer.start();
  }

  async stop(): Promise<void> {
    this.#listeners.clear();
    this.#stateListeners.clear();
    await this.informer.stop();
  }

  #take({ before, after }: ObjectChange): void {
    if (before !== undefined) this.#remove(before);
    if (after !== undefined) this.#add(after);
  }

  #add(object: KubeObject): void {
    const revision = parseRevision(object);
    if (typeof revision === "string") {
      this.#tell(object.key, revision);
      return;
    }
    if (this.#size >= REVISIONS_MAX) {
      this.#tell(object.key, `more than ${REVISIONS_MAX} are there`);
      return;
    }
    const ofOwner = this.#revisions.get(revision.uid) ?? new Map<string, Revision>();
    this.#revisions.set(revision.uid, ofOwner.set(object.key, revision));
    this.#size += 1;
    this.#changed(revision.id);
  }

  #remove(object: KubeObject): void {
    this.#told.delete(object.key);
    const revision = parseRevision(object);
    if (typeof revision === "string") return;
    const ofOwner = this.#revisions.get(revision.uid);
    if (ofOwner?.delete(object.key) !== true) return;
    this.#size -= 1;
    if (ofOwner.size === 0) this.#revisions.delete(revision.uid);
    this.#changed(revision.id);
  }

  #changed(id: ObjectId): void {
    for (const listener of this.#listeners) listener([id]);
  }

  #tell(revision: string, why: string): void {
    if (this.#told.has(revision) || this.#told.size >= REVISIONS_MAX) return;
    this.#told.add(revision);
    this.#report(revision, why);
  }
}
