/**
 * Tells at the objects themselves what is wrong with them, as Events: also at those of kinds that
 * are not ours, into whose status we do not write. Only the operator that leads tells.
 */
import type { EventRecorder } from "../../kube/events.ts";
import type { Leadership } from "../../kube/lease.ts";
import type { ObjectId, ObjectSource } from "../sources/object-source.ts";
import type { StatusBook, StatusEntry } from "./status-book.ts";
import { findingKey, isFinding } from "./status-log.ts";

export interface StatusEventsOptions {
  readonly status: StatusBook;
  readonly objects: Pick<ObjectSource, "get" | "subscribe"> & {
    uidOf(id: ObjectId): string;
  };
  readonly leadership: Leadership;
  readonly recorder: EventRecorder;
}

export class StatusEvents {
  readonly #options: StatusEventsOptions;
  /** By object, what was told of it and still is so. */
  readonly #told = new Map<ObjectId, ReadonlySet<string>>();
  #unsubscribe: (() => void)[] = [];

  constructor(options: StatusEventsOptions) {
    this.#options = options;
  }

  start(): void {
    const { status, objects } = this.#options;
    this.#unsubscribe = [
      status.subscribe((changed) => this.#take(changed)),
      objects.subscribe((changed) => {
        for (const id of changed) if (objects.get(id) === undefined) this.#told.delete(id);
      }),
    ];
    this.leadershipChanged();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#options.recorder.stop();
  }

  leadershipChanged(): void {
    this.#told.clear();
    if (this.#options.leadership.holds()) this.#take(this.#options.status.list());
  }

  #take(entries: readonly StatusEntry[]): void {
    const { leadership, recorder, objects } = this.#options;
    if (!leadership.holds()) return;
    for (const { id, ref, apiVersion, conditions } of entries) {
      const before = this.#told.get(id);
      const now = new Set<string>();
      for (const condition of conditions) {
        const { type, status, reason, message } = condition;
        if (!isFinding(condition) && !(type === "Accepted" && status === "False")) continue;
        const finding = findingKey(condition);
        now.add(finding);
        if (before?.has(finding) === true) continue;
        const { kind, namespace, name } = ref;
        const regarding = { apiVersion, kind, namespace, name, uid: objects.uidOf(id) };
        recorder.record({ regarding, reason, action: ACTIONS[type], note: message });
      }
      if (now.size > 0) this.#told.set(id, now);
      else this.#told.delete(id);
    }
  }
}

/** What the operator was about when it found something. */
const ACTIONS = {
  Accepted: "Read",
  ResolvedRefs: "Resolve",
  Conflicted: "Compile",
  Programmed: "Publish",
} as const;
