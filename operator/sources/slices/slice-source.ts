/**
 * Endpoint sets out of Services and EndpointSlices, wherever those objects come from: the same
 * code serves a folder and a cluster.
 */
import type { Clock } from "../../../base/clock.ts";
import type { ServiceKey } from "../../../mesh/service-key.ts";
import type { EndpointSource, EndpointSourceHealth, SourcedEndpoints } from "../endpoint-source.ts";
import { type ObjectId, type ObjectSource, objectId } from "../object-source.ts";
import type { EndpointFacts } from "./endpoint-facts.ts";
import { type ServiceObject, SliceJoiner, type SliceObject } from "./join-slices.ts";
import { SliceUsers } from "./slice-users.ts";

/** Slices of one service that are read; the API server itself fills one with up to 1,000. */
export const SLICES_PER_SERVICE_MAX = 1_000;

interface ServiceState {
  service: ServiceObject | undefined;
  readonly slices: Map<ObjectId, SliceObject>;
  keys: readonly ServiceKey[];
}

export class SliceEndpointSource implements EndpointSource {
  readonly name: string;
  readonly #objects: ObjectSource;
  readonly #clock: Clock;
  readonly #origin: (() => EndpointSourceHealth) | undefined;
  readonly #facts: EndpointFacts | undefined;
  readonly #joiner: SliceJoiner;
  readonly #users = new SliceUsers();
  readonly #services = new Map<string, ServiceState>();
  /** Which service an object belongs to, to find the old one when it moves to another. */
  readonly #serviceOf = new Map<ObjectId, string>();
  readonly #sets = new Map<ServiceKey, SourcedEndpoints>();
  readonly #listeners = new Set<(changed: readonly ServiceKey[]) => void>();
  #unsubscribe: (() => void)[] = [];
  #heardAtWallMs = 0;
  #wasSynced = false;

  constructor(options: {
    readonly objects: ObjectSource;
    readonly clock: Clock;
    readonly name?: string;
    /** How the objects' source is, where it can say more than whether it has been read. */
    readonly origin?: () => EndpointSourceHealth;
    /** Who stands behind endpoints, where anybody but their slices knows. */
    readonly facts?: EndpointFacts;
  }) {
    this.#objects = options.objects;
    this.#clock = options.clock;
    this.#origin = options.origin;
    this.name = options.name ?? options.objects.name;
    this.#facts = options.facts;
    const facts = options.facts === undefined ? {} : { facts: options.facts };
    this.#joiner = new SliceJoiner({ source: this.name, ...facts });
  }

  get health(): EndpointSourceHealth {
    if (this.#origin !== undefined) return this.#origin();
    return {
      synced: this.#objects.synced,
      reachable: this.#objects.synced,
      heardAtWallMs: this.#heardAtWallMs,
      message: this.#objects.synced ? "" : "not everything has been read yet",
    };
  }

  get(service: ServiceKey): SourcedEndpoints | undefined {
    return this.#sets.get(service);
  }

  keys(): Iterable<ServiceKey> {
    return this.#sets.keys();
  }

  subscribe(listener: (changed: readonly ServiceKey[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The object source is started by whoever made it. */
  start(): Promise<void> {
    this.#unsubscribe = [this.#objects.subscribe((changed) => this.#take(changed))];
    if (this.#facts !== undefined) {
      this.#unsubscribe.push(
        this.#facts.subscribe(({ targetUids, nodes }) => this.#lookAgain(targetUids, nodes)),
      );
    }
    this.#take([...this.#objects.list()].map(({ id }) => id));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#listeners.clear();
    return Promise.resolve();
  }

  #take(ids: readonly ObjectId[]): void {
    this.#heardAtWallMs = this.#clock.wallMs();
    const dirty = new Set<string>();
    for (const id of ids) this.#replace(id, dirty);
    this.#tell(dirty);
  }

  #lookAgain(targetUids: readonly string[], nodes: readonly string[]): void {
    const dirty = new Set<string>();
    const forget = (id: ObjectId): void => {
      const name = this.#serviceOf.get(id) ?? "";
      const slice = this.#services.get(name)?.slices.get(id);
      if (slice === undefined) return;
      this.#joiner.forget(slice);
      dirty.add(name);
    };
    for (const uid of targetUids) for (const id of this.#users.ofTarget(uid)) forget(id);
    for (const node of nodes) for (const id of this.#users.ofNode(node)) forget(id);
    this.#tell(dirty);
  }

  #tell(dirty: Set<string>): void {
    // Every set says whether its source is synced, so all change when that does.
    if (this.health.synced && !this.#wasSynced) {
      this.#wasSynced = true;
      for (const service of this.#services.keys()) dirty.add(service);
    }
    const changed: ServiceKey[] = [];
    for (const service of dirty) this.#join(service, changed);
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
  }

  #replace(id: ObjectId, dirty: Set<string>): void {
    const live = this.#objects.get(id)?.live ?? null;
    const before = this.#serviceOf.get(id);
    if (before !== undefined) {
      const state = this.#services.get(before);
      const slice = state?.slices.get(id);
      if (slice !== undefined) {
        state?.slices.delete(id);
        this.#users.remove(id, slice.intent);
      } else if (state?.service !== undefined && objectId(state.service.ref) === id) {
        state.service = undefined;
      }
      this.#serviceOf.delete(id);
      dirty.add(before);
    }
    if (live === null) return;
    const { intent } = live;
    if (intent.type === "service") {
      const name = `${live.ref.namespace}/${live.ref.name}`;
      this.#stateOf(name).service = { ...live, intent };
      this.#serviceOf.set(id, name);
      dirty.add(name);
    } else if (intent.type === "endpoint-slice") {
      const name = `${intent.service.namespace}/${intent.service.name}`;
      const { slices } = this.#stateOf(name);
      if (slices.size < SLICES_PER_SERVICE_MAX) {
        slices.set(id, { ...live, intent });
        this.#users.add(id, intent);
      }
      this.#serviceOf.set(id, name);
      dirty.add(name);
    }
  }

  #stateOf(service: string): ServiceState {
    let state = this.#services.get(service);
    if (state === undefined) {
      state = { service: undefined, slices: new Map(), keys: [] };
      this.#services.set(service, state);
    }
    return state;
  }

  #join(name: string, changed: ServiceKey[]): void {
    const state = this.#services.get(name);
    if (state === undefined) return;
    const before = new Set(state.keys);
    // In the order of their ids, so that the result does not depend on who came first.
    const slices = [...state.slices].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slice]) => slice);
    const joined =
      state.service === undefined
        ? new Map<ServiceKey, SourcedEndpoints>()
        : this.#joiner.join(state.service, slices, this.health.synced);
    for (const [key, endpoints] of joined) {
      this.#sets.set(key, endpoints);
      before.delete(key);
      changed.push(key);
    }
    for (const key of before) {
      this.#sets.delete(key);
      changed.push(key);
    }
    state.keys = [...joined.keys()];
    if (state.service === undefined && state.slices.size === 0) this.#services.delete(name);
  }
}
