/**
 * The operator's middle: takes objects and endpoint sets from their sources, compiles the services
 * that a change touches, and fills the table of resources. Changes that come close together are
 * compiled together, so that one save of a file, or one swap of a folder, is one step for proxies;
 * unless there is so much of it that nothing else would have its turn.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { ResourceName } from "../../mesh/snapshot.ts";
import type { EndpointSource, SourcedEndpoints } from "../sources/endpoint-source.ts";
import type { ObjectId, ObjectSource } from "../sources/object-source.ts";
import { type CompiledPort, compileService } from "./compile-service.ts";
import { judgeSlices } from "./judge-slices.ts";
import { type Dirty, nothingDirty, ObjectView, type ServiceId } from "./object-view.ts";
import type { ResourceStore } from "./resource-store.ts";
import type { Verdict } from "./verdict.ts";

/** How long a first change waits for others. */
export const COALESCE_MS = 10;

/** How long a turn of the loop begins another service; those who are told have the rest of 5 ms. */
export const TURN_MS = 3;

const NOTHING: ReadonlyMap<ServiceKey, never> = new Map<ServiceKey, never>();

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
  /** What waits, in the order in which it is done: nothing compiles before all has been seen. */
  readonly #dirtyObjects = new Set<ObjectId>();
  readonly #dirtyEndpoints = new Set<ServiceKey>();
  readonly #dirty: Dirty = nothingDirty();
  readonly #idleWaiters = new Set<() => void>();
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
    this.#turn();
  }

  /** Resolves when nothing waits to be compiled. */
  whenIdle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.add(resolve));
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
    this.#wakeWaiters();
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

  /**
   * Does what waits for as long as a turn may take, and the rest in turns after it. Endpoints go
   * before the destinations that name them, which proxies would else use while they are empty.
   * Never throws: one service that cannot be compiled keeps its last.
   */
  #turn(): void {
    const { clock, store, observer } = this.#options;
    const startMs = clock.nowMs();
    const hasTime = () => clock.nowMs() - startMs < TURN_MS;
    const touched = new Set<ObjectId>();
    const changed: ResourceName[] = [];
    let compiled = 0;
    for (const id of taken(this.#dirtyObjects, hasTime)) this.#see(id, touched);
    for (const key of taken(this.#dirtyEndpoints, hasTime)) {
      const endpoints = new Map([[key, this.#find(key)]]);
      changed.push(...store.put({ destinations: NOTHING, endpoints }));
    }
    for (const service of taken(this.#dirty.services, hasTime)) {
      const destinations = this.#compile(service, touched);
      changed.push(...store.put({ destinations, endpoints: NOTHING }));
      this.#dirty.slices.add(service);
      compiled += 1;
    }
    for (const service of taken(this.#dirty.slices, hasTime)) {
      this.#judge(judgeSlices(this.#view, service), touched);
    }
    store.tell(changed, this.#isIdle && this.#synced());
    observer.compiled(compiled, clock.nowMs() - startMs);
    for (const listener of this.#listeners) listener(touched);
    if (this.#isIdle) this.#wakeWaiters();
    else this.#schedule(0);
  }

  get #isIdle(): boolean {
    const { services, slices } = this.#dirty;
    const waiting = this.#dirtyObjects.size + this.#dirtyEndpoints.size;
    return waiting + services.size + slices.size === 0;
  }

  #wakeWaiters(): void {
    for (const wake of this.#idleWaiters) wake();
    this.#idleWaiters.clear();
  }

  #see(id: ObjectId, touched: Set<ObjectId>): void {
    this.#view.replace(id, this.#options.objects.get(id)?.live ?? null, this.#dirty);
    this.#verdicts.delete(id);
    touched.add(id);
  }

  #mark<T>(dirty: Set<T>, changed: readonly T[]): void {
    for (const item of changed) dirty.add(item);
    this.#schedule(COALESCE_MS);
  }

  #schedule(delayMs: number): void {
    this.#timer ??= this.#options.timers.set(delayMs, () => {
      this.#timer = undefined;
      this.#turn();
    });
  }

  #synced(): boolean {
    const { objects, endpoints } = this.#options;
    return objects.synced && endpoints.every((source) => source.health.synced);
  }

  /** Null for ports that are gone. */
  #compile(id: ServiceId, touched: Set<ObjectId>): ReadonlyMap<ServiceKey, CompiledPort | null> {
    const destinations = new Map<ServiceKey, CompiledPort | null>();
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
      return destinations;
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
    return destinations;
  }

  #judge(verdicts: ReadonlyMap<ObjectId, Verdict>, touched: Set<ObjectId>): void {
    for (const [object, verdict] of verdicts) {
      this.#verdicts.set(object, verdict);
      touched.add(object);
    }
  }

  #find(key: ServiceKey): SourcedEndpoints | null {
    for (const source of this.#options.endpoints) {
      const found = source.get(key);
      if (found !== undefined) return found;
    }
    return null;
  }
}

/** Takes one after another out of what waits until time is up; a turn has some when it begins. */
function* taken<T>(waiting: Set<T>, hasTime: () => boolean): Iterable<T> {
  for (const one of waiting) {
    if (!hasTime()) return;
    waiting.delete(one);
    yield one;
  }
}
