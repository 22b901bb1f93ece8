/**
 * The objects of one kind that an informer holds, and whoever wants to know of changes. A listener
 * that throws harms neither the others nor the informer.
 */
import type { KubeObject } from "./kube-object.ts";
import type { Turns } from "./turns.ts";

/** One of the two may be undefined: it is new, or it is gone. */
export interface ObjectChange {
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

export type ChangeListener = (change: ObjectChange) => void;

export class ObjectStore {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #listenerFailed: (cause: unknown) => void;

  constructor(listenerFailed: (cause: unknown) => void) {
    this.#listenerFailed = listenerFailed;
  }

  get size(): number {
    return this.#objects.size;
  }

  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clearListeners(): void {
    this.#listeners.clear();
  }

  /** An object that was made anew under an old name is told as gone and then as new. */
  put(object: KubeObject): void {
    const before = this.#objects.get(object.key);
    this.#objects.set(object.key, object);
    if (before === undefined) this.#tell({ before, after: object });
    else if (before.uid !== object.uid) {
      this.#tell({ before, after: undefined });
      this.#tell({ before: undefined, after: object });
    } else if (before.resourceVersion !== object.resourceVersion) {
      this.#tell({ before, after: object });
    }
  }

  /** Not where the name belongs to another object already. */
  remove(object: KubeObject): void {
    const before = this.#objects.get(object.key);
    if (before === undefined || before.uid !== object.uid) return;
    this.#objects.delete(object.key);
    this.#tell({ before, after: undefined });
  }

  /**
   * All that exists: what is held beside it went unnoticed, and is told as gone. Takes as many
   * turns as it needs, and ends early where `signal` says so. Nothing else may change what is held
   * until it resolves.
   */
  async replace(
    objects: ReadonlyMap<string, KubeObject>,
    turns: Turns,
    signal: AbortSignal,
  ): Promise<void> {
    const gone = [...this.#objects.values()].filter(({ key }) => !objects.has(key));
    for (const before of gone) {
      if (turns.isOver) await turns.next();
      if (signal.aborted) return;
      this.remove(before);
    }
    for (const object of objects.values()) {
      if (turns.isOver) await turns.next();
      if (signal.aborted) return;
      this.put(object);
    }
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (cause) {
        this.#listenerFailed(cause);
      }
    }
  }
}
