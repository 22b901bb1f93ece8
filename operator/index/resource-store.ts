/**
 * The table of resources that proxies are served from. Encodes what the compiler made, once per
 * change, and keeps the old resource where nothing changed, so that its readers can compare
 * references and revisions.
 */
import { encodeCanonical, revisionOf } from "../../base/canonical-json.ts";
import type { ObjectRef } from "../../mesh/destination.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Feature, ResourceBodies, ResourceName, ResourceType } from "../../mesh/snapshot.ts";
import type { WorkloadPod } from "../../mesh/workload.ts";
import type { ProxyIdentity } from "../publish/peer.ts";
import {
  type PublishedAs,
  type PublishedResource,
  type ResourceTable,
  resourceId,
} from "../publish/resources.ts";
import type { SourcedEndpoints } from "../sources/endpoint-source.ts";
import { type ObjectId, objectId } from "../sources/object-source.ts";
import { type AddressedPort, AddressIndex } from "./address-index.ts";
import type { CompiledDestination, CompiledPort } from "./compile-service.ts";
import { EndpointEncoder } from "./encode-endpoints.ts";
import { requiredByEndpoints } from "./required-features.ts";

/** One for each proxy, and one for each namespace of those that say who they are themselves. */
const WORKLOADS_MAX = 20_000;

/** The pod of a proxy; undefined while it is not known. */
export type DescribePod = (identity: ProxyIdentity) => WorkloadPod | undefined;

/** Null removes. */
export interface ResourceBatch {
  readonly destinations: ReadonlyMap<ServiceKey, CompiledPort | null>;
  readonly endpoints: ReadonlyMap<ServiceKey, SourcedEndpoints | null>;
}

export interface ResourceCounts {
  readonly destinations: number;
  readonly endpointSets: number;
  readonly addresses: number;
}

interface DestinationEntry {
  readonly base: PublishedAs<"destination">;
  readonly byClientNamespace: ReadonlyMap<string, PublishedAs<"destination">>;
}

interface ToldWorkload {
  readonly identity: ProxyIdentity | null;
  readonly published: PublishedAs<"workload">;
}

export class ResourceStore implements ResourceTable {
  readonly #clusterDomain: string;
  readonly #describePod: DescribePod;
  readonly #destinations = new Map<string, DestinationEntry>();
  readonly #endpoints = new Map<string, PublishedAs<"endpoints">>();
  readonly #encoder = new EndpointEncoder();
  readonly #addresses = new AddressIndex();
  /** Sets whose endpoints have more addresses than are told. */
  readonly #standsElsewhere = new Set<ServiceKey>();
  readonly #workloads = new Map<string, ToldWorkload>();
  readonly #namesOfObject = new Map<ObjectId, Map<string, ResourceName>>();
  readonly #listeners = new Set<(changed: readonly ResourceName[]) => void>();
  #synced = false;

  constructor(options: {
    readonly clusterDomain: string;
    /** Knows no pods where it is absent. */
    readonly describePod?: DescribePod;
  }) {
    this.#clusterDomain = options.clusterDomain;
    this.#describePod = options.describePod ?? (() => undefined);
  }

  get synced(): boolean {
    return this.#synced;
  }

  get counts(): ResourceCounts {
    return {
      destinations: this.#destinations.size,
      endpointSets: this.#endpoints.size,
      addresses: this.#addresses.count,
    };
  }

  /** What stands where. For people; proxies ask one by one. */
  get addresses(): AddressIndex {
    return this.#addresses;
  }

  lookup(
    name: ResourceName,
    clientNamespace: string,
    identity: ProxyIdentity | null = null,
  ): PublishedResource | undefined {
    switch (name.type) {
      case "workload":
        return name.key === "" ? this.#workload(clientNamespace, identity) : undefined;
      case "destination": {
        const entry = this.#destinations.get(name.key);
        return entry?.byClientNamespace.get(clientNamespace) ?? entry?.base;
      }
      case "endpoints":
        return this.#endpoints.get(name.key);
      case "address":
        return this.#addresses.lookup(name.key, clientNamespace);
    }
  }

  /** Like `lookup`, for one type, without a client's own namespace. */
  destination(key: string): PublishedAs<"destination"> | undefined {
    return this.#destinations.get(key)?.base;
  }

  endpointSet(key: string): PublishedAs<"endpoints"> | undefined {
    return this.#endpoints.get(key);
  }

  /** Resources that the object has a part in, for any client namespace. */
  namesOf(object: ObjectId): Iterable<ResourceName> {
    return this.#namesOfObject.get(object)?.values() ?? [];
  }

  /** Objects that have a part in the resource, for any client namespace. */
  objectsOf(name: ResourceName): ReadonlySet<ObjectId> {
    const objects = new Set<ObjectId>();
    for (const resource of this.#variants(name)) {
      for (const ref of resource.objects) objects.add(objectId(ref));
    }
    return objects;
  }

  subscribe(listener: (changed: readonly ResourceName[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes the table, then tells. `synced` may come with it, and then everybody is told. */
  apply(batch: ResourceBatch, synced: boolean): readonly ResourceName[] {
    const changed = this.put(batch);
    this.tell(changed, synced);
    return changed;
  }

  /** Changes the table and tells nobody yet: what changed is for `tell`, within the same turn. */
  put(batch: ResourceBatch): readonly ResourceName[] {
    const changed: ResourceName[] = [];
    for (const [key, endpoints] of batch.endpoints) {
      const name: ResourceName = { type: "endpoints", key };
      if (this.#replace(name, () => this.#putEndpoints(key, endpoints))) changed.push(name);
      else if (!this.#standsElsewhere.has(key) && endpoints?.alsoAt === undefined) continue;
      for (const address of this.#addresses.putSet(key, this.#standingSet(key, endpoints))) {
        changed.push({ type: "address", key: address });
      }
    }
    for (const [key, port] of batch.destinations) {
      const name: ResourceName = { type: "destination", key };
      if (this.#replace(name, () => this.#putDestination(key, port))) changed.push(name);
      for (const address of this.#addresses.putPort(key, addressedPort(port))) {
        changed.push({ type: "address", key: address });
      }
    }
    return changed;
  }

  /** A proxy may be somewhere else than it was told. */
  workloadChanged(namespace: string, podUid: string): void {
    const told = this.#workloads.get(workloadId(namespace, podUid));
    if (told === undefined || told.identity === null) return;
    // Pods tell of their health all the time.
    if (isSamePod(told.published.body.pod, this.#describePod(told.identity))) return;
    for (const listener of this.#listeners) listener([{ type: "workload", key: "" }]);
  }

  tell(changed: readonly ResourceName[], synced: boolean): void {
    const becameSynced = synced && !this.#synced;
    this.#synced ||= synced;
    if (changed.length === 0 && !becameSynced) return;
    for (const listener of this.#listeners) listener(changed);
  }

  /** Runs a change of one resource and keeps `namesOf` right around it. */
  #replace(name: ResourceName, change: () => boolean): boolean {
    const before = this.objectsOf(name);
    if (!change()) return false;
    const id = resourceId(name);
    const after = this.objectsOf(name);
    for (const object of before) {
      if (after.has(object)) continue;
      const names = this.#namesOfObject.get(object);
      names?.delete(id);
      if (names?.size === 0) this.#namesOfObject.delete(object);
    }
    for (const object of after) {
      const names = this.#namesOfObject.get(object);
      if (names === undefined) this.#namesOfObject.set(object, new Map([[id, name]]));
      else names.set(id, name);
    }
    return true;
  }

  #putEndpoints(key: ServiceKey, sourced: SourcedEndpoints | null): boolean {
    if (sourced === null) {
      this.#encoder.forget(key);
      return this.#endpoints.delete(key);
    }
    const before = this.#endpoints.get(key);
    const requires = requiredByEndpoints(sourced.set);
    const { set, objects } = sourced;
    const text = this.#encoder.encode(set);
    const after = publishedAs("endpoints", key, set, text, { requires, objects, before });
    this.#endpoints.set(key, after);
    return after !== before;
  }

  #putDestination(key: string, port: CompiledPort | null): boolean {
    const before = this.#destinations.get(key);
    if (port === null) return this.#destinations.delete(key);
    const base = encodeDestination(key, port.base, before?.base);
    let same = base === before?.base;
    const byClientNamespace = new Map<string, PublishedAs<"destination">>();
    for (const [namespace, compiled] of port.byClientNamespace) {
      const old = before?.byClientNamespace.get(namespace);
      const own = encodeDestination(key, compiled, old);
      // Kept even where it equals the base: its objects may differ, and status asks for those.
      byClientNamespace.set(namespace, own);
      same &&= own === old;
    }
    same &&= before?.byClientNamespace.size === byClientNamespace.size;
    if (!same) this.#destinations.set(key, { base, byClientNamespace });
    return !same;
  }

  *#variants(name: ResourceName): Iterable<PublishedResource> {
    if (name.type === "endpoints") {
      const set = this.#endpoints.get(name.key);
      if (set !== undefined) yield set;
    } else if (name.type === "destination") {
      const entry = this.#destinations.get(name.key);
      if (entry === undefined) return;
      yield entry.base;
      yield* entry.byClientNamespace.values();
    }
  }

  /** The set, and where its endpoints stand besides. */
  #standingSet(key: ServiceKey, sourced: SourcedEndpoints | null): EndpointSet | null {
    const { set, alsoAt } = sourced ?? { set: null };
    if (alsoAt === undefined || set === null) {
      this.#standsElsewhere.delete(key);
      return set;
    }
    this.#standsElsewhere.add(key);
    const endpoints = [...set.endpoints, ...alsoAt].sort((a, b) => (a.id < b.id ? -1 : 1));
    return { ...set, endpoints };
  }

  /** The same reference until what is known of the pod changes. */
  #workload(namespace: string, identity: ProxyIdentity | null): PublishedAs<"workload"> {
    const pod = identity === null ? undefined : this.#describePod(identity);
    const id = workloadId(namespace, identity?.podUid ?? "");
    const told = this.#workloads.get(id);
    if (told !== undefined && isSamePod(told.published.body.pod, pod)) return told.published;
    const clusterDomain = this.#clusterDomain;
    const body = { namespace, clusterDomain, mesh: "svc", ...(pod === undefined ? {} : { pod }) };
    const published = encode("workload", "", body, [], [], undefined);
    const [oldest] = this.#workloads.keys();
    if (this.#workloads.size >= WORKLOADS_MAX && oldest !== undefined) {
      this.#workloads.delete(oldest);
    }
    this.#workloads.set(id, { identity, published });
    return published;
  }
}

function workloadId(namespace: string, podUid: string): string {
  return `${namespace} ${podUid}`;
}

function isSamePod(a: WorkloadPod | undefined, b: WorkloadPod | undefined): boolean {
  return (
    a === b || (a !== undefined && b !== undefined && encodeCanonical(a) === encodeCanonical(b))
  );
}

function addressedPort(port: CompiledPort | null): AddressedPort | null {
  if (port === null) return null;
  const byClientNamespace = new Map<string, PortProtocol>();
  for (const [namespace, { protocol }] of port.byClientNamespace) {
    if (protocol !== port.base.protocol) byClientNamespace.set(namespace, protocol);
  }
  return { addresses: port.addresses, protocol: port.base.protocol, byClientNamespace };
}

function encodeDestination(
  key: string,
  compiled: CompiledDestination,
  before: PublishedAs<"destination"> | undefined,
): PublishedAs<"destination"> {
  const { body, requires, objects } = compiled;
  return encode("destination", key, body, requires, objects, before);
}

/** Gives `before` back when nothing about it changed. */
function encode<T extends ResourceType>(
  type: T,
  key: string,
  body: ResourceBodies[T],
  requires: readonly Feature[],
  objects: readonly ObjectRef[],
  before: PublishedAs<T> | undefined,
): PublishedAs<T> {
  return publishedAs(type, key, body, encodeCanonical(body), { requires, objects, before });
}

/** `encoded` is the canonical text of the body. */
function publishedAs<T extends ResourceType>(
  type: T,
  key: string,
  body: ResourceBodies[T],
  encoded: string,
  said: Pick<PublishedAs<T>, "requires" | "objects"> & {
    readonly before: PublishedAs<T> | undefined;
  },
): PublishedAs<T> {
  const { requires, objects, before } = said;
  if (before !== undefined && encoded === before.encoded) {
    if (encodeCanonical(objects) === encodeCanonical(before.objects)) return before;
    return { ...before, objects };
  }
  return { type, key, revision: revisionOf(encoded), body, encoded, requires, objects };
}
