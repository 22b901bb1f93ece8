/** A table of resources that a test fills by hand, and bodies to fill it with. */
import { encodeCanonical, revisionOf } from "../../base/canonical-json.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import { type AddressKey, addressKey } from "../../mesh/address-key.ts";
import {
  type BackendSettings,
  DEFAULT_BALANCER,
  DEFAULT_DISCOVERY,
} from "../../mesh/backend-settings.ts";
import { DEFAULT_TIMEOUTS, type Destination } from "../../mesh/destination.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
import { MATCH_EVERYTHING } from "../../mesh/match.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import { DEFAULT_RETRY, DEFAULT_RETRY_BUDGET } from "../../mesh/retry.ts";
import { DEFAULT_BEHAVIOUR, DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { formatServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import type { Feature, ResourceBodies, ResourceName, ResourceType } from "../../mesh/snapshot.ts";
import { Frames } from "../../operator/publish/frames.ts";
import type { ProxyIdentity } from "../../operator/publish/peer.ts";
import {
  type ProgrammedSink,
  type PublishedResource,
  type PublishObserver,
  type ResourceTable,
  resourceId,
  type SessionId,
  type SessionInfo,
  type SessionResource,
} from "../../operator/publish/resources.ts";

export interface AskedFor extends ResourceName {
  readonly namespace: string;
  readonly by: ProxyIdentity | null;
}

export class FakeTable implements ResourceTable {
  readonly #resources = new Map<string, PublishedResource>();
  readonly #listeners = new Set<(changed: readonly ResourceName[]) => void>();
  synced = true;

  /** Who asked for what, where a test wants to know. */
  asked: AskedFor[] | null = null;

  lookup(
    name: ResourceName,
    namespace = "",
    by: ProxyIdentity | null = null,
  ): PublishedResource | undefined {
    this.asked?.push({ ...name, namespace, by });
    return this.#resources.get(resourceId(name));
  }

  subscribe(listener: (changed: readonly ResourceName[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put<T extends ResourceType>(
    type: T,
    key: string,
    body: ResourceBodies[T],
    requires: readonly Feature[] = [],
  ): PublishedResource {
    const encoded = encodeCanonical(body);
    const revision = revisionOf(encoded);
    // The generic body belongs to the generic type, which a literal cannot show to the compiler.
    const made = { type, key, revision, body, encoded, requires, objects: [] };
    const resource = made as unknown as PublishedResource;
    this.#resources.set(resourceId({ type, key }), resource);
    this.changed([{ type, key }]);
    return resource;
  }

  remove(name: ResourceName): void {
    this.#resources.delete(resourceId(name));
    this.changed([name]);
  }

  changed(names: readonly ResourceName[]): void {
    for (const listener of this.#listeners) listener(names);
  }
}

/** The messages that the operator makes of resources, for tests of who receives them. */
export function createFrames(): Frames {
  return new Frames();
}

export function service(name: string): ServiceKey {
  return formatServiceKey({ scheme: "svc", namespace: "shop", name, port: 80 });
}

export function backendSettings(backend: ServiceKey): BackendSettings {
  return {
    service: backend,
    balancer: DEFAULT_BALANCER,
    breaker: null,
    discovery: DEFAULT_DISCOVERY,
  };
}

/** One rule to all the backends at equal weight; `note` makes a revision of its own. */
export function destination(name: string, backends: readonly string[], note = ""): Destination {
  const services = backends.map(service).sort();
  return {
    service: service(name),
    rules: [
      {
        route: note,
        object: -1,
        match: MATCH_EVERYTHING,
        action: {
          backends: services.map((one) => ({ service: one, weight: 1 })),
          splitObject: -1,
          timeouts: DEFAULT_TIMEOUTS,
          retry: DEFAULT_RETRY,
          behaviour: DEFAULT_BEHAVIOUR,
          responseClasses: [],
        },
      },
    ],
    objects: [],
    endpointSets: services,
    budget: DEFAULT_RETRY_BUDGET,
    backends: services.map(backendSettings),
    concurrency: DEFAULT_CONCURRENCY,
  };
}

export function endpoint(index: number, overrides: Partial<Endpoint> = {}): Endpoint {
  const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  return {
    id: `${String(index).padStart(6, "0")}/${address}:8080`,
    address,
    port: 8080,
    state: "ready",
    weight: 1,
    zone: "zone-a",
    node: `node-${index % 10}`,
    protocol: "http1",
    proxied: false,
    identity: "",
    ...overrides,
  };
}

/** Endpoints with these indexes, in order. */
export function endpointSet(name: string, indexes: readonly number[]): EndpointSet {
  const endpoints = [...new Set(indexes)].sort((a, b) => a - b).map((index) => endpoint(index));
  return { service: service(name), source: "files", synced: true, endpoints };
}

/** Where the service of that name stands: `10.96.0.index:80`. */
export function serviceAddress(index: number): AddressKey {
  const key = addressKey(`10.96.0.${index}`, 80);
  if (key === undefined) throw new Error(`there is no address ${index}`);
  return key;
}

/** What stands at the ClusterIP of a service. */
export function serviceBinding(name: string, protocol: PortProtocol = "detect"): AddressBinding {
  return { kind: "service", service: service(name), protocol, endpoint: null };
}

export function range(count: number, from = 0): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/** Remembers what was last said of each session. */
export class FakeSink implements ProgrammedSink {
  readonly sessions = new Map<SessionId, SessionInfo>();
  readonly states = new Map<string, SessionResource>();

  sessionOpened(session: SessionInfo): void {
    this.sessions.set(session.id, session);
  }

  resourceChanged(session: SessionId, state: SessionResource): void {
    this.states.set(`${session} ${resourceId(state.name)}`, state);
  }

  resourceDropped(session: SessionId, name: ResourceName): void {
    this.states.delete(`${session} ${resourceId(name)}`);
  }

  sessionClosed(session: SessionId): void {
    this.sessions.delete(session);
    for (const key of [...this.states.keys()]) {
      if (key.startsWith(`${session} `)) this.states.delete(key);
    }
  }
}

export class FakeObserver implements PublishObserver {
  readonly counts = new Map<string, number>();

  count(word: string): number {
    return this.counts.get(word) ?? 0;
  }

  sent(type: ResourceType): void {
    this.#add(`sent ${type}`);
  }

  acked(type: ResourceType): void {
    this.#add(`acked ${type}`);
  }

  refused(type: ResourceType): void {
    this.#add(`refused ${type}`);
  }

  superseded(type: ResourceType): void {
    this.#add(`superseded ${type}`);
  }

  turnedAway(reason: string): void {
    this.#add(reason);
  }

  #add(word: string): void {
    this.counts.set(word, this.count(word) + 1);
  }
}
