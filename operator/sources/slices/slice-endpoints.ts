/** What one EndpointSlice has for one port of its service. Pure. */
import type { Endpoint, EndpointProtocol } from "../../../mesh/endpoint-set.ts";
import type {
  EndpointSliceIntent,
  ServicePortIntent,
  SliceEndpoint,
} from "../../../mesh/intent.ts";
import { portProtocol } from "../../../mesh/port-protocol.ts";
import type { EndpointFacts, Standing } from "./endpoint-facts.ts";

type SlicePort = EndpointSliceIntent["ports"][number];

/** The endpoints of the slice's port of the same name, in the order of the slice. */
export function sliceEndpoints(
  slice: EndpointSliceIntent,
  servicePort: ServicePortIntent,
  facts: EndpointFacts | undefined,
): Endpoint[] {
  const port = slice.ports.find(({ name }) => name === servicePort.name);
  const number = port === undefined ? 0 : portNumber(port, servicePort);
  if (port === undefined || number === 0) return [];
  const protocol = endpointProtocol(port.appProtocol || servicePort.appProtocol, servicePort.name);
  const endpoints: Endpoint[] = [];
  for (const endpoint of slice.endpoints) {
    // The addresses of one endpoint are interchangeable; everybody takes the first.
    const address = endpoint.addresses[0];
    if (address === undefined) continue;
    const { targetUid, state, zoneHints, node } = endpoint;
    const place = address.includes(":") ? `[${address}]:${number}` : `${address}:${number}`;
    endpoints.push({
      id: targetUid === "" ? place : `${place}/${targetUid}`,
      ...{ address, port: number, state, weight: 1 },
      zone: endpoint.zone === "" ? (facts?.zoneOf(node) ?? "") : endpoint.zone,
      ...(zoneHints === undefined ? {} : { zoneHints }),
      node,
      protocol: endpoint.protocol === "unknown" ? protocol : endpoint.protocol,
      ...standingOf(slice, endpoint, facts),
    });
  }
  return endpoints;
}

/** What a target says of itself goes before what the slice says of it, wherever it can be asked. */
function standingOf(
  { proxied }: EndpointSliceIntent,
  { targetUid }: SliceEndpoint,
  facts: EndpointFacts | undefined,
): Standing {
  if (facts === undefined) return { proxied, identity: "" };
  const standing = facts.standingOf(targetUid);
  return { proxied: standing.proxied, identity: standing.identity };
}

/** A slice may leave the port open ("all ports"): then the service's own target counts. */
function portNumber(port: SlicePort, servicePort: ServicePortIntent): number {
  if (port.port !== 0) return port.port;
  return typeof servicePort.targetPort === "number" ? servicePort.targetPort : 0;
}

export function endpointProtocol(appProtocol: string, name: string): EndpointProtocol {
  const protocol = portProtocol(appProtocol, name);
  return protocol === "detect" ? "unknown" : protocol;
}
