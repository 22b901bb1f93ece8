/**
 * The status of every object, kept up to date. Conditions are computed when something that they
 * follow from has changed, a moment later and once for many changes; asking for them computes what
 * waits, so that whoever asks never sees the past.
 */

import type { Clock } from "../../base/clock.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import { formatTimestamp } from "../../base/timestamp.ts";
import { formatProblem, type Problem } from "../../mesh/problem.ts";
import type { ResourceName } from "../../mesh/snapshot.ts";
import type { ObjectStatus } from "../../mesh/status.ts";
import type { MeshIndex } from "../index/mesh-index.ts";
import type { ResourceStore } from "../index/resource-store.ts";
import type { ObjectId, ObjectSource, SourceObject } from "../sources/object-source.ts";
import { draftConditions, settleConditions } from "./conditions.ts";
import type { ProgrammedTable } from "./programmed-table.ts";
import { serviceOf, summarize } from "./summarize.ts";

/** Acks of thousands of proxies come within milliseconds; people read at their own pace. */
const REFRESH_MS = 200;

/** How long a turn of the loop begins another object when nobody asked. */
const TURN_MS = 3;

export interface StatusEntry extends ObjectStatus {
  readonly id: ObjectId;
  readonly apiVersion: string;
  readonly service: string;
  readonly createdAt: string;
  readonly problems: readonly Problem[];
  readonly spec: unknown;
}

export interface StatusBookOptions {
  readonly objects: ObjectSource;
  readonly index: MeshIndex;
  readonly store: ResourceStore;
  readonly programmed: ProgrammedTable;
  readonly clock: Clock;
  readonly timers: Timers;
}

export class StatusBook {
  readonly #options: StatusBookOptions;
  readonly #entries = new Map<ObjectId, StatusEntry>();
  readonly #dirty = new Set<ObjectId>();
  readonly #dirtyResources = new Map<string, ResourceName>();
  readonly #listeners = new Set<(changed: readonly StatusEntry[]) => void>();
  #unsubscribe: (() => void)[] = [];
  #timer: TimerHandle | undefined;

  constructor(options: StatusBookOptions) {
    this.#options = options;
  }

  start(): void {
    const { objects, index, store, programmed } = this.#options;
    this.#unsubscribe = [
      index.subscribe((changed) => {
        for (const id of changed) this.#dirty.add(id);
        this.#schedule();
      }),
      store.subscribe((changed) => this.#resourcesChanged(changed)),
      programmed.subscribe((name) => this.#resourcesChanged([name])),
    ];
    for (const { id } of objects.list()) this.#dirty.add(id);
    this.#refreshFor(TURN_MS);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  /** Up to date, in no order. */
  entries(): Iterable<StatusEntry> {
    this.refresh();
    return this.#entries.values();
  }

  /** The same, sorted by kind, namespace and name. */
  list(): readonly StatusEntry[] {
    const keyed = [...this.entries()].map((entry) => [sortKey(entry), entry] as const);
    return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  /** Up to date; what else waits goes on to wait for its turn. */
  get(id: ObjectId): StatusEntry | undefined {
    this.#gather();
    if (this.#dirty.has(id)) this.#tell(this.#renew(id));
    return this.#entries.get(id);
  }

  /** Calls back with entries that changed in anything; those of removed objects are not told. */
  subscribe(listener: (changed: readonly StatusEntry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  refresh(): void {
    this.#refreshFor(Number.POSITIVE_INFINITY);
  }

  /** What is left when time is up has its turn after the others that wait for theirs. */
  #refreshFor(durationMs: number): void {
    const { clock } = this.#options;
    const endMs = clock.nowMs() + durationMs;
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    this.#gather();
    const changed: StatusEntry[] = [];
    for (const id of this.#dirty) {
      if (clock.nowMs() >= endMs) break;
      changed.push(...this.#renew(id));
    }
    if (this.#dirty.size > 0) this.#schedule(0);
    this.#tell(changed);
  }

  #gather(): void {
    for (const name of this.#dirtyResources.values()) {
      for (const id of this.#options.store.objectsOf(name)) this.#dirty.add(id);
    }
    this.#dirtyResources.clear();
  }

  /** The entry where it is another than before. */
  #renew(id: ObjectId): readonly StatusEntry[] {
    this.#dirty.delete(id);
    const object = this.#options.objects.get(id);
    if (object === undefined) {
      this.#entries.delete(id);
      return [];
    }
    const before = this.#entries.get(id);
    const entry = this.#entry(object, before);
    this.#entries.set(id, entry);
    return sameEntry(entry, before) ? [] : [entry];
  }

  #tell(changed: readonly StatusEntry[]): void {
    if (changed.length === 0) return;
    for (const listener of this.#listeners) listener(changed);
  }

  #resourcesChanged(names: readonly ResourceName[]): void {
    for (const name of names) {
      // Objects have no part in addresses that they have not in what those follow from.
      if (name.type !== "address") this.#dirtyResources.set(`${name.type}:${name.key}`, name);
    }
    this.#schedule();
  }

  #schedule(delayMs = REFRESH_MS): void {
    this.#timer ??= this.#options.timers.set(delayMs, () => {
      this.#timer = undefined;
      this.#refreshFor(TURN_MS);
    });
  }

  #entry(object: SourceObject, before: StatusEntry | undefined): StatusEntry {
    const { index, store, programmed, clock } = this.#options;
    const now = formatTimestamp(clock.wallMs());
    const { id, ref, live, location } = object;
    const names = [...store.namesOf(id)];
    const count = names.length === 0 ? null : programmed.count(id, names);
    const drafts = draftConditions({ object, verdict: index.verdict(id), count });
    return {
      id,
      ref,
      location: location.file === "" ? "" : `${location.file}:${location.line}`,
      conditions: settleConditions(before?.conditions ?? [], drafts, now),
      proxies: `${count?.programmed ?? 0}/${count?.subscribed ?? 0}`,
      summary: live === null ? "" : summarize(live.intent),
      apiVersion: object.apiVersion,
      service: live === null ? "" : serviceOf(live.intent, ref),
      createdAt: formatTimestamp(object.createdAtWallMs),
      problems: object.problems,
      spec: object.spec,
    };
  }
}

function sortKey({ ref }: StatusEntry): string {
  return [ref.kind, ref.namespace, ref.name, ref.group].join("\0");
}

function sameEntry(a: StatusEntry, b: StatusEntry | undefined): boolean {
  return (
    a.conditions === b?.conditions &&
    sameProblems(a.problems, b.problems) &&
    a.proxies === b.proxies &&
    a.ref.generation === b.ref.generation &&
    a.location === b.location
  );
}

function sameProblems(a: readonly Problem[], b: readonly Problem[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((problem, index) => {
    const other = b[index];
    return other !== undefined && formatProblem(problem) === formatProblem(other);
  });
}
