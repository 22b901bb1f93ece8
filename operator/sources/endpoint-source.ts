/**
 * Where endpoint sets come from: EndpointSlices, files, and later other registries. Level-based
 * like `ObjectSource`. A source that loses its origin keeps what it knew and says how old that is:
 * stale addresses are worth more than none, and the proxy decides how far to trust them.
 */
import type { ObjectRef } from "../../mesh/destination.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";

export interface EndpointSourceHealth {
  /** Whether everything has been read since the start. */
  readonly synced: boolean;
  /** Whether the origin can be reached now. */
  readonly reachable: boolean;
  /** When the origin last confirmed what is held, since the epoch; 0 for never. */
  readonly heardAtWallMs: number;
  /** Why it is not well; empty when it is. */
  readonly message: string;
}

export interface SourcedEndpoints {
  readonly set: EndpointSet;
  /**
   * More addresses of endpoints of the set: nobody is sent there, but who dials one finds the
   * service. Sorted by `id`.
   */
  readonly alsoAt?: readonly Endpoint[];
  /** Objects that the set was made from, where the source knows objects. */
  readonly objects: readonly ObjectRef[];
}

export interface EndpointSource {
  /** `slices`, `consul` …: becomes the `source` of its sets. */
  readonly name: string;
  readonly health: EndpointSourceHealth;
  /** Undefined when this source does not know the service. */
  get(service: ServiceKey): SourcedEndpoints | undefined;
  keys(): Iterable<ServiceKey>;
  /** Calls back with the services whose set may have changed, after the change. */
  subscribe(listener: (changed: readonly ServiceKey[]) => void): () => void;
  start(): Promise<void>;
  /** After it resolves no listener is called any more. */
  stop(): Promise<void>;
}
