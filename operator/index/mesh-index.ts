/**
 * The operator's middle: takes objects and endpoint sets from their sources, compiles the services
 * that a change touches, and fills the table of resources. Changes that come close together are
 * compiled together, so that one save of a file, or one swap of a folder, is one step for proxies.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { EndpointSource, SourcedEndpoints } from "../sources/endpoint-source.ts";
import type { ObjectId, ObjectSource } from "../sources/object-source.ts";
import { type CompiledPort, compileService } from "./compile-service.ts";
import { judgeSlices } from "./judge-slices.ts";
import { nothingDirty, ObjectView, type ServiceId } from "./object-view.ts";
import type { ResourceStore } from "./resource-store.ts";
import type { Verdict } from "./verdict.ts";

/** How long a first change waits for others. */
export const COALESCE_MS = 10;

export interface IndexObserver {
  compiled(services: number, durationMs: number): void;
}

export interface MeshIndexOptions {
  readonly objects: ObjectSource;
  /** Where two know the same service port, the first one counts. */
  readonly endpoints: readonly EndpointSource[];
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly observer: IndexObserver;
}

interface CompiledEntry {
  readonly keys: readonly ServiceKey[];
  readonly verdicts: ReadonlyMap<ObjectId, Verdict>;
}

export class MeshIndex {
  readonly #view = new ObjectView();
  readonly #options: MeshIndexOptions;
  readonly #compiled = new Map<ServiceId, CompiledEntry>();
  readonly #verdicts = new Map<ObjectId, Verdict>();
  readonly #dirtyObjects = new Set<ObjectId>();
  readonly #dirtyEndpoints = new Set<ServiceKey>();
  readonly #listeners = new Set<(changed: ReadonlySet<ObjectId>) => void>();
  #unsubscribe: (() => void)[] = [];
  #timer: TimerHandle | undefined;

  constructor(options: MeshIndexOptions) {
    this.#options = options;
  }

  /** Takes what the sources hold now, and follows them from then on. */
  start(): void {
    const { objects, endpoints } = this.#options;
    this.#unsubscribe = [
      objects.subscribe((changed) => this.#mark(this.#dirtyObjects, changed)),
      ...endpoints.map((source) =>
        source.subscribe((changed) => this.#mark(this.#dirtyEndpoints, changed)),
      ),
    ];
    for (const { id } of objects.list()) this.#dirtyObjects.add(id);
    for (const source of endpoints) {
      for (const key of source.keys()) this.#dirtyEndpoints.add(key);
    }
    this.flush();
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  /** What compiling said about an object; undefined for kinds that nothing is compiled from. */
  verdict(id: ObjectId): Verdict | undefined {
    return this.#verdicts.get(id);
  }

  /** Calls back after every compilation with the objects whose verdict or source was looked at. */
  subscribe(listener: (changed: ReadonlySet<ObjectId>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Compiles now what waits. Never throws: one service that cannot be compiled keeps its last. */
  flush(): void {
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    const { clock, objects, store, observer } = this.#options;
    const startMs = clock.nowMs();
    const touched = new Set(this.#dirtyObjects);
    const dirty = nothingDirty();
    for (const id of this.#dirtyObjects) {
      this.#view.replace(id, objects.get(id)?.live ?? null, dirty);
      this.#verdicts.delete(id);
    }
    this.#dirtyObjects.clear();
    const { services } = dirty;
    const destinations = new Map<ServiceKey, CompiledPort | null>();
    for (const service of services) this.#compile(service, destinations, touched);
    for (const service of new Set([...services, ...dirty.slices])) {
      this.#judge(judgeSlices(this.#view, service), touched);
    }
    store.apply({ destinations, endpoints: this.#takeEndpoints() }, this.#synced());
    observer.compiled(services.size, clock.nowMs() - startMs);
    for (const listener of this.#listeners) listener(touched);
  }

  #mark<T>(dirty: Set<T>, changed: readonly T[]): void {
    for (const item of changed) dirty.add(item);
    this.#timer ??= this.#options.timers.set(COALESCE_MS, () => {
      this.#timer = undefined;
      this.flush();
    });
  }

  #synced(): boolean {
    const { objects, endpoints } = this.#options;
    return objects.synced && endpoints.every((source) => source.health.synced);
  }

  #compile(
    id: ServiceId,
    destinations: Map<ServiceKey, CompiledPort | null>,
    touched: Set<ObjectId>,
  ): void {
    const inputs = this.#view.inputs(id);
    const before = this.#compiled.get(id);
    let compiled: ReturnType<typeof compileService>;
    try {
      compiled = compileService(inputs);
    } catch (cause) {
      this.#options.log.error("a service could not be compiled and keeps its last configuration", {
        service: id,
        cause: String(cause),
      });
      return;
    }
    for (const key of before?.keys ?? []) destinations.set(key, null);
    for (const port of compiled.ports) destinations.set(port.key, port);
    for (const [object, verdict] of before?.verdicts ?? []) {
      // Unless another service, to which the object moved, has judged it since.
      if (this.#verdicts.get(object) === verdict) this.#verdicts.delete(object);
      touched.add(object);
    }
    this.#judge(compiled.verdicts, touched);
    const keys = compiled.ports.map(({ key }) => key);
    if (keys.length === 0 && compiled.verdicts.size === 0) this.#compiled.delete(id);
    else this.#compiled.set(id, { keys, verdicts: compiled.verdicts });
  }

  #judge(verdicts: ReadonlyMap<ObjectId, Verdict>, touched: Set<ObjectId>): void {
    for (const [object, verdict] of verdicts) {
      this.#verdicts.set(object, verdict);
      touched.add(object);
    }
  }

  #takeEndpoints(): Map<ServiceKey, SourcedEndpoints | null> {
    const endpoints = new Map<ServiceKey, SourcedEndpoints | null>();
    for (const key of this.#dirtyEndpoints) {
      let found: SourcedEndpoints | null = null;
      for (const source of this.#options.endpoints) {
        found = source.get(key) ?? null;
        if (found !== null) break;
      }
      endpoints.set(key, found);
    }
    this.#dirtyEndpoints.clear();
    return endpoints;
  }
}
