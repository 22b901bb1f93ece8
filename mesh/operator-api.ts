/**
 * What the operator answers on its admin port, as JSON, at `/objects`, `/services`, `/proxies`,
 * `/addresses`, `/injection`, `/stats` and `/version`. The command line and the dashboard read it,
 * perhaps of another version than the operator's: fields are added, never renamed, and who reads
 * ignores what it does not know.
 */
import type { ObjectRef } from "./destination.ts";
import type { EndpointState } from "./endpoint-set.ts";
import type { PortProtocol } from "./port-protocol.ts";
import type { Problem } from "./problem.ts";
import type { ServiceKey } from "./service-key.ts";
import type { ResourceType, Revision } from "./snapshot.ts";
import type { ObjectStatus } from "./status.ts";

/** `/objects?kind=TrafficSplit&namespace=shop`, both optional. */
export interface ObjectsAnswer {
  readonly objects: readonly ObjectEntry[];
}

export interface ObjectEntry extends ObjectStatus {
  /** As written: `split.smi-spec.io/v1alpha2`. */
  readonly apiVersion: string;
  /** `namespace/name` of the service it speaks about; empty when it cannot be told. */
  readonly service: string;
  /** RFC 3339: when it was created, or in files first seen. */
  readonly createdAt: string;
  readonly problems: readonly Problem[];
  /** As written, in its newest version. */
  readonly spec?: unknown;
}

/** `/problems`: what is wrong with files as a whole; that of objects is with the objects. */
export interface ProblemsAnswer {
  readonly problems: readonly Problem[];
}

/** `/services?namespace=shop`. */
export interface ServicesAnswer {
  readonly services: readonly ServiceEntry[];
}

export interface ServiceEntry {
  readonly namespace: string;
  readonly name: string;
  /** Empty for a service that only Kubernetes-style objects without an age made. */
  readonly createdAt: string;
  readonly ports: readonly ServicePortEntry[];
}

export interface ServicePortEntry {
  readonly key: ServiceKey;
  readonly port: number;
  readonly name: string;
  /** Of all that serve it: the endpoints of its backends, where traffic is split. */
  readonly endpointsReady: number;
  readonly endpointsTotal: number;
  /** Names of the routes in order, without the default one. */
  readonly routes: readonly string[];
  /** Where the default rule sends traffic. */
  readonly backends: readonly { readonly service: ServiceKey; readonly weight: number }[];
  readonly revision: Revision;
}

export interface ProxyIdentityEntry {
  readonly namespace: string;
  /** Of its pod. */
  readonly name: string;
  readonly serviceAccount: string;
  readonly podUid: string;
}

/** `/proxies`. */
export interface ProxiesAnswer {
  readonly proxies: readonly ProxyEntry[];
}

export interface ProxyEntry {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly namespace: string;
  /**
   * As its credential names it; null on this machine, where it is believed what it says. Of older
   * operators it is absent.
   */
  readonly identity?: ProxyIdentityEntry | null;
  /** `address:port` of the other side. */
  readonly remote: string;
  /** RFC 3339. */
  readonly connectedAt: string;
  /** Resources that it is subscribed to, named or implied. */
  readonly resources: number;
  /** Of those, the ones whose current revision it holds. */
  readonly current: number;
  readonly refused: readonly {
    readonly type: string;
    readonly key: string;
    readonly reason: string;
  }[];
}

/**
 * `/addresses?namespace=shop&address=10.96.0.1:80`, both optional, `address` any number
 * of times and in the one way to write it.
 * What stands where, as clients are told who have no word of their own.
 */
export interface AddressesAnswer {
  /** Sorted by service, then by address; the first of them where there are very many. */
  readonly addresses: readonly AddressEntry[];
  /** How many there are. */
  readonly total: number;
}

export interface AddressEntry {
  /** In the one way to write it: `10.96.0.1:80`, `[fd00::1]:80`. */
  readonly address: string;
  readonly kind: "service" | "endpoint";
  readonly service: ServiceKey;
  readonly protocol: PortProtocol;
  /** Of an endpoint; null for a service. */
  readonly state: EndpointState | null;
  /** Where an endpoint runs, as far as that is known. */
  readonly zone: string;
  readonly node: string;
}

/** `/injection?namespace=shop`, where the operator reads a cluster. */
export interface InjectionAnswer {
  /** Pods that ask for a proxy and run without one; the first of them where there are very many. */
  readonly uninjected: readonly InjectionEntry[];
  readonly uninjectedTotal: number;
  /** Pods whose proxy is of another version than the operator; likewise. */
  readonly outdated: readonly InjectionEntry[];
  readonly outdatedTotal: number;
}

export interface InjectionEntry {
  readonly namespace: string;
  readonly pod: string;
  /** `Deployment/web`; empty where nothing owns it. */
  readonly owner: string;
  /** Of its proxy; empty where it has none. */
  readonly version: string;
  /** Why it is not injected, one word of a closed set; `missed` where nothing stood in the way. */
  readonly reason: string;
  readonly detail: string;
  /** What to do; may be empty. */
  readonly mend: string;
}

/**
 * `/stats?window=60&by=route`: the window in seconds; `by` is `route` (the default: one row for
 * each direction, service and route, backend empty), `service` (route empty too) or `backend`.
 * Asked for per row, because quantiles cannot be added up afterwards.
 */
export interface StatsAnswer {
  readonly windowMs: number;
  readonly rows: readonly StatEntry[];
}

export interface StatEntry {
  readonly direction: "outbound" | "inbound";
  readonly service: ServiceKey | "other";
  /** Empty for the default route. */
  readonly route: string;
  /** Empty where none was chosen, and where rows are not told apart by it. */
  readonly backend: ServiceKey | "";
  readonly requests: number;
  readonly successes: number;
  readonly retries: number;
  /** Per second of the window. */
  readonly rps: number;
  /** Null when nothing was measured. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** The buckets, as `Histogram.toSparse` writes them: those of several operators add up. */
  readonly latency?: readonly number[];
}

/**
 * `/sessions?namespace=shop&name=web-0`, both optional: what proxies hold, resource by resource.
 * The operator that leads was told of those of the others too, but not of all that they hold.
 */
export interface SessionsAnswer {
  readonly sessions: readonly SessionEntry[];
}

export interface SessionEntry {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  /**
   * Whether the operator that answers serves it. Of another's session it knows the destinations
   * alone, and whatever the proxy refused or lacks.
   */
  readonly isOwn: boolean;
  /** Sorted by type and key. */
  readonly resources: readonly SessionResourceEntry[];
}

export interface SessionResourceEntry {
  readonly type: ResourceType;
  readonly key: string;
  /** What it acked last; null where it holds nothing. */
  readonly held: Revision | null;
  /** What it should hold; null where there is no such resource. */
  readonly current: Revision | null;
  /** Why it refused the newest; empty when it did not. */
  readonly refused: string;
  /** What it cannot do and would have to: the current revision was not sent. */
  readonly missing: readonly string[];
}

/**
 * `/resource?type=destination&key=svc/shop/web:80&namespace=shop`: what a client in the namespace
 * is sent, or would be.
 */
export interface ResourceAnswer {
  /** Null where there is none: clients are told that. */
  readonly resource: ResourceEntry | null;
}

export interface ResourceEntry {
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: Revision;
  /** Every object that had a part in it. */
  readonly objects: readonly ObjectRef[];
  /** As proxies get it. */
  readonly body: unknown;
}

/** `/version`, on the proxy's admin port too. */
export interface VersionAnswer {
  readonly program: "operator" | "proxy";
  readonly version: string;
}
