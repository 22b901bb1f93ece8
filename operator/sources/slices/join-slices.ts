/**
 * Joins a Service with its EndpointSlices: for each port of the service, the endpoints of the
 * slices' port of the same name, as Kubernetes joins them. Pure.
 */
import {
  ENDPOINTS_MAX,
  type Endpoint,
  type EndpointProtocol,
  type EndpointState,
  isHostName,
} from "../../../mesh/endpoint-set.ts";
import type {
  EndpointSliceIntent,
  IntentObject,
  ServiceIntent,
  ServicePortIntent,
  SliceEndpoint,
} from "../../../mesh/intent.ts";
import { portProtocol } from "../../../mesh/port-protocol.ts";
import { formatServiceKey, type ServiceKey } from "../../../mesh/service-key.ts";
import type { SourcedEndpoints } from "../endpoint-source.ts";

export type ServiceObject = IntentObject & { readonly intent: ServiceIntent };
export type SliceObject = IntentObject & { readonly intent: EndpointSliceIntent };

type SlicePort = EndpointSliceIntent["ports"][number];

/** The better state wins where two slices name one endpoint, as they do while they are moved. */
const STATE_ORDER: Readonly<Record<EndpointState, number>> = {
  ready: 0,
  serving: 1,
  terminating: 2,
  "not-ready": 3,
};

/**
 * An endpoint set for every port of the service, with no endpoints where no slice has any. What is
 * another name for a host has that host as its one endpoint, and no slices.
 */
export function joinSlices(
  service: ServiceObject,
  slices: readonly SliceObject[],
  source: string,
  synced: boolean,
): Map<ServiceKey, SourcedEndpoints> {
  const sets = new Map<ServiceKey, SourcedEndpoints>();
  const { namespace, name } = service.ref;
  for (const port of service.intent.ports) {
    const key = formatServiceKey({ scheme: "svc", namespace, name, port: port.port });
    const endpoints = new Map<string, Endpoint>();
    if (service.intent.externalName === "") {
      for (const slice of slices) addSlice(endpoints, port, slice.intent);
    } else addHost(endpoints, port, service.intent.externalName);
    const sorted = [...endpoints.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    sets.set(key, {
      set: { service: key, source, synced, endpoints: sorted.slice(0, ENDPOINTS_MAX) },
      objects: [service.ref, ...slices.map(({ ref }) => ref)],
    });
  }
  return sets;
}

/** A named target port is that of pods, and here there are none. */
function addHost(
  endpoints: Map<string, Endpoint>,
  servicePort: ServicePortIntent,
  externalName: string,
): void {
  // A full name may end in the dot of the root; without it, it is the same to DNS.
  const host = externalName.replace(/\.$/, "");
  if (!isHostName(host)) return;
  const { port, targetPort } = servicePort;
  const number = typeof targetPort === "number" ? targetPort : port;
  const protocol = endpointProtocol(servicePort.appProtocol, servicePort.name);
  endpoints.set(host, {
    id: `${host}:${number}`,
    address: host,
    port: number,
    state: "ready",
    weight: 1,
    zone: "",
    node: "",
    protocol,
    proxied: false,
    identity: "",
  });
}

/** Names of ports that a slice has and its service has not: their endpoints serve nobody. */
export function unknownPorts(service: ServiceObject, slice: SliceObject): readonly string[] {
  const known = new Set(service.intent.ports.map(({ name }) => name));
  return slice.intent.ports.map(({ name }) => name).filter((name) => !known.has(name));
}

function addSlice(
  endpoints: Map<string, Endpoint>,
  servicePort: ServicePortIntent,
  slice: EndpointSliceIntent,
): void {
  for (const port of slice.ports) {
    if (port.name !== servicePort.name) continue;
    const number = portNumber(port, servicePort);
    if (number === 0) continue;
    for (const endpoint of slice.endpoints) {
      const protocol = protocolOf(endpoint, port, servicePort);
      const joined = joinEndpoint(endpoint, number, protocol, slice.proxied);
      if (joined === undefined) continue;
      const other = endpoints.get(joined.id);
      if (other === undefined || STATE_ORDER[joined.state] < STATE_ORDER[other.state]) {
        endpoints.set(joined.id, joined);
      }
    }
  }
}

/** A slice may leave the port open ("all ports"): then the service's own target counts. */
function portNumber(port: SlicePort, servicePort: ServicePortIntent): number {
  if (port.port !== 0) return port.port;
  return typeof servicePort.targetPort === "number" ? servicePort.targetPort : 0;
}

function joinEndpoint(
  endpoint: SliceEndpoint,
  port: number,
  protocol: EndpointProtocol,
  proxied: boolean,
): Endpoint | undefined {
  // The addresses of one endpoint are interchangeable; everybody takes the first.
  const address = endpoint.addresses[0];
  if (address === undefined) return undefined;
  const place = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  return {
    id: endpoint.targetUid === "" ? place : `${place}/${endpoint.targetUid}`,
    address,
    port,
    state: endpoint.state,
    weight: 1,
    zone: endpoint.zone,
    ...(endpoint.zoneHints === undefined ? {} : { zoneHints: endpoint.zoneHints }),
    node: endpoint.node,
    protocol,
    proxied,
    identity: "",
  };
}

function protocolOf(
  endpoint: SliceEndpoint,
  port: SlicePort,
  servicePort: ServicePortIntent,
): EndpointProtocol {
  if (endpoint.protocol !== "unknown") return endpoint.protocol;
  return endpointProtocol(port.appProtocol || servicePort.appProtocol, servicePort.name);
}

function endpointProtocol(appProtocol: string, name: string): EndpointProtocol {
  const protocol = portProtocol(appProtocol, name);
  return protocol === "detect" ? "unknown" : protocol;
}
