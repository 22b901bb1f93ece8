/**
 * Joins a Service with its EndpointSlices: for each port of the service, the endpoints of the
 * slices' port of the same name, as Kubernetes joins them. What follows from a slice is kept as
 * long as the slice is: when one of a hundred changes, the others are not looked at again, and
 * their endpoints are the same objects as before.
 */
import {
  ENDPOINTS_MAX,
  type Endpoint,
  type EndpointState,
  isHostName,
} from "../../../mesh/endpoint-set.ts";
import type {
  EndpointSliceIntent,
  IntentObject,
  ServiceIntent,
  ServicePortIntent,
} from "../../../mesh/intent.ts";
import { formatServiceKey, type ServiceKey } from "../../../mesh/service-key.ts";
import type { SourcedEndpoints } from "../endpoint-source.ts";
import { divideFamilies } from "./divide-families.ts";
import type { EndpointFacts } from "./endpoint-facts.ts";
import { endpointProtocol, sliceEndpoints } from "./slice-endpoints.ts";

export type ServiceObject = IntentObject & { readonly intent: ServiceIntent };
export type SliceObject = IntentObject & { readonly intent: EndpointSliceIntent };

/** The better state wins where two slices name one endpoint, as they do while they are moved. */
const STATE_ORDER: Readonly<Record<EndpointState, number>> = {
  ready: 0,
  serving: 1,
  terminating: 2,
  "not-ready": 3,
};

export class SliceJoiner {
  readonly #source: string;
  readonly #facts: EndpointFacts | undefined;
  /** Of each slice, by what the port of the service says. */
  readonly #joined = new WeakMap<SliceObject, Map<string, readonly Endpoint[]>>();

  constructor(options: { readonly source: string; readonly facts?: EndpointFacts }) {
    this.#source = options.source;
    this.#facts = options.facts;
  }

  /**
   * An endpoint set for every port of the service, with no endpoints where no slice has any. What
   * is another name for a host has that host as its one endpoint, and no slices. Slices that were
   * made for an earlier Service of the name are left aside.
   */
  join(
    service: ServiceObject,
    slices: readonly SliceObject[],
    synced: boolean,
  ): Map<ServiceKey, SourcedEndpoints> {
    const sets = new Map<ServiceKey, SourcedEndpoints>();
    const { namespace, name } = service.ref;
    const own = this.#ownSlices(service, slices);
    const objects = [service.ref, ...own.map(({ ref }) => ref)];
    for (const port of service.intent.ports) {
      const key = formatServiceKey({ scheme: "svc", namespace, name, port: port.port });
      const all =
        service.intent.externalName === ""
          ? this.#merge(own, port)
          : hostEndpoints(port, service.intent.externalName);
      const { endpoints, alsoAt } = divideFamilies(all, service.intent);
      const set = { service: key, source: this.#source, synced, endpoints };
      sets.set(key, { set, objects, ...(alsoAt.length === 0 ? {} : { alsoAt }) });
    }
    return sets;
  }

  /** What was known of its endpoints, besides what it says, is another now. */
  forget(slice: SliceObject): void {
    this.#joined.delete(slice);
  }

  #ownSlices({ ref }: ServiceObject, slices: readonly SliceObject[]): readonly SliceObject[] {
    const uid = this.#facts?.serviceUid(ref.namespace, ref.name) ?? "";
    if (uid === "") return slices;
    return slices.filter(({ intent: { serviceUid } }) => serviceUid === "" || serviceUid === uid);
  }

  /** Sorted by id, and nobody twice. */
  #merge(slices: readonly SliceObject[], port: ServicePortIntent): readonly Endpoint[] {
    const [first, second] = slices;
    if (first === undefined) return [];
    if (second === undefined) return this.#endpointsOf(first, port).slice(0, ENDPOINTS_MAX);
    const all = slices.flatMap((slice) => this.#endpointsOf(slice, port)).sort(compareEndpoints);
    return withoutTwins(all).slice(0, ENDPOINTS_MAX);
  }

  #endpointsOf(slice: SliceObject, port: ServicePortIntent): readonly Endpoint[] {
    let byPort = this.#joined.get(slice);
    if (byPort === undefined) {
      byPort = new Map();
      this.#joined.set(slice, byPort);
    }
    const said = `${port.name} ${port.targetPort} ${port.appProtocol}`;
    let endpoints = byPort.get(said);
    if (endpoints === undefined) {
      endpoints = withoutTwins(
        sliceEndpoints(slice.intent, port, this.#facts).sort(compareEndpoints),
      );
      byPort.set(said, endpoints);
    }
    return endpoints;
  }
}

/** For what is joined once. */
export function joinSlices(
  service: ServiceObject,
  slices: readonly SliceObject[],
  source: string,
  synced: boolean,
): Map<ServiceKey, SourcedEndpoints> {
  return new SliceJoiner({ source }).join(service, slices, synced);
}

/** Names of ports that a slice has and its service has not: their endpoints serve nobody. */
export function unknownPorts(service: ServiceObject, slice: SliceObject): readonly string[] {
  const known = new Set(service.intent.ports.map(({ name }) => name));
  return slice.intent.ports.map(({ name }) => name).filter((name) => !known.has(name));
}

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return STATE_ORDER[a.state] - STATE_ORDER[b.state];
}

/** Of a sorted list, the first of each id. */
function withoutTwins(sorted: readonly Endpoint[]): readonly Endpoint[] {
  return sorted.filter(({ id }, at) => id !== sorted[at - 1]?.id);
}

/** A named target port is that of pods, and here there are none. */
function hostEndpoints(servicePort: ServicePortIntent, externalName: string): readonly Endpoint[] {
  // A full name may end in the dot of the root; without it, it is the same to DNS.
  const host = externalName.replace(/\.$/, "");
  if (!isHostName(host)) return [];
  const { port, targetPort } = servicePort;
  const number = typeof targetPort === "number" ? targetPort : port;
  const protocol = endpointProtocol(servicePort.appProtocol, servicePort.name);
  const nothing = { zone: "", node: "", proxied: false, identity: "" };
  const endpoint = { id: `${host}:${number}`, address: host, port: number, weight: 1, protocol };
  return [{ ...endpoint, ...nothing, state: "ready" }];
}
