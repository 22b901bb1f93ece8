/** What a proxy holds of one destination and of one endpoint set, and who needs which set. */
import type { AddressBinding } from "../../mesh/address-binding.ts";
import type { AddressKey } from "../../mesh/address-key.ts";
import type { Destination } from "../../mesh/destination.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Revision } from "../../mesh/snapshot.ts";

/** A destination with all that it names, as the data path uses it. */
export interface LiveDestination {
  readonly key: ServiceKey;
  readonly revision: Revision;
  readonly destination: Destination;
  /** One for each of `destination.endpointSets`. Follows the sets as they change. */
  readonly endpoints: ReadonlyMap<ServiceKey, EndpointSet>;
  readonly receivedAtWallMs: number;
}

/**
 * `pending` until the first answer. A live one stays live, or absent, while a candidate waits for
 * its endpoint sets, while there is no operator, and after a revision was refused.
 */
export type DestinationState = "pending" | "absent" | LiveDestination;

/** The next revision of a destination, waiting for endpoint sets that it names. */
export interface Candidate {
  readonly revision: Revision;
  readonly destination: Destination;
  readonly receivedAtWallMs: number;
}

/** One destination that the data path watches. */
export class HeldDestination {
  readonly key: ServiceKey;
  state: DestinationState = "pending";
  /** Of `state`; empty while pending. */
  revision: Revision = "";
  receivedAtWallMs = 0;
  candidate: Candidate | null = null;
  /** Why the newest revision was refused; empty when it was not. */
  problem = "";
  touchedMs: number;
  /** The sets that are kept for its sake. */
  claims: ReadonlySet<ServiceKey> = new Set();
  /** The same map as in `state`, where it is live, for the one who may change it. */
  endpoints: Map<ServiceKey, EndpointSet> = new Map();

  constructor(key: ServiceKey, nowMs: number) {
    this.key = key;
    this.touchedMs = nowMs;
  }

  /** The destination that is live, if one is. */
  get live(): Destination | null {
    return typeof this.state === "string" ? null : this.state.destination;
  }

  /** All sets that what is live and what waits to be live name. */
  wantedSets(): ReadonlySet<ServiceKey> {
    const wanted = new Set(this.live?.endpointSets);
    for (const key of this.candidate?.destination.endpointSets ?? []) wanted.add(key);
    return wanted;
  }
}

/** One endpoint set that some destination names. */
export class HeldSet {
  readonly key: ServiceKey;
  /** Null until it has come. */
  set: EndpointSet | null = null;
  revision: Revision = "";
  receivedAtWallMs = 0;
  readonly users = new Set<HeldDestination>();

  constructor(key: ServiceKey) {
    this.key = key;
  }
}

/** `absent`: the mesh knows nothing of it. What was known stays while there is no operator. */
export type AddressState = "pending" | "absent" | AddressBinding;

/** One address that an application has dialled, or that this workload is dialled at. */
export class HeldAddress {
  readonly key: AddressKey;
  state: AddressState = "pending";
  /** Of `state`; empty while pending. */
  revision: Revision = "";
  receivedAtWallMs = 0;
  /** Why the newest revision was refused; empty when it was not. */
  problem = "";
  touchedMs: number;

  constructor(key: AddressKey, nowMs: number) {
    this.key = key;
    this.touchedMs = nowMs;
  }
}
