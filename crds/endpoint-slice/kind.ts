/** `discovery.k8s.io/v1` EndpointSlice, read as Kubernetes defines it. */
import { isIPv4, isIPv6 } from "node:net";
import { isRecord, type Path, ROOT } from "../../base/shape.ts";
import type { EndpointState } from "../../mesh/endpoint-set.ts";
import type { EndpointSliceIntent, SliceEndpoint } from "../../mesh/intent.ts";
import type { Kind, Manifest, ReadContext } from "../kind.ts";
import type { EndpointSliceBody } from "./schema.ts";
import { validateEndpointSliceBody } from "./validate.gen.ts";

type SliceEntry = NonNullable<EndpointSliceBody["endpoints"]>[number];

/** By it a slice belongs to a Service. */
export const SERVICE_LABEL = "kubernetes.io/service-name";
/** `true`: a proxy of ours stands in front of every endpoint of the slice. */
const PROXIED_LABEL = "heddle.mesh/proxied";

export const endpointSliceKind: Kind = {
  group: "discovery.k8s.io",
  kind: "EndpointSlice",
  versions: ["v1"],
  keys: () => ["addressType", "endpoints", "ports"],
  read(manifest, context): EndpointSliceIntent | null {
    const { addressType, endpoints, ports } = manifest.body;
    const body = { addressType, endpoints, ports };
    if (!validateEndpointSliceBody(body, context.error)) return null;
    const service = serviceOf(manifest, context);
    if (service === "") return null;
    if (body.addressType === "FQDN") {
      const path = { parent: ROOT, key: "addressType" };
      const hint = "use IPv4 or IPv6";
      context.error(path, "not-supported", "endpoints by name are not supported", hint);
      return null;
    }
    return {
      type: "endpoint-slice",
      proxied: isProxied(manifest, context),
      service: { namespace: manifest.namespace, name: service },
      serviceUid: serviceUidOf(manifest),
      ports: readPorts(body, { parent: ROOT, key: "ports" }, context),
      endpoints: readEndpoints(body, { parent: ROOT, key: "endpoints" }, context),
    };
  },
};

function serviceOf(manifest: Manifest, context: ReadContext): string {
  const service = manifest.metadata.labels?.[SERVICE_LABEL] ?? "";
  if (service !== "") return service;
  const path = { parent: { parent: ROOT, key: "metadata" }, key: "labels" };
  const message = `belongs to no service: the label ${SERVICE_LABEL} is missing`;
  context.error(path, "required", message, `add ${SERVICE_LABEL}: NAME-OF-THE-SERVICE`);
  return "";
}

/** Whoever makes a slice for a Service has it own the slice, so that it goes with it. */
function serviceUidOf({ metadata: { ownerReferences } }: Manifest): string {
  const owners: readonly unknown[] = Array.isArray(ownerReferences) ? ownerReferences : [];
  const service = owners.filter(isRecord).find(({ kind }) => kind === "Service");
  return typeof service?.uid === "string" ? service.uid : "";
}

/** What such a proxy says is believed, so that a value that is neither is worth a word. */
function isProxied(manifest: Manifest, context: ReadContext): boolean {
  const value = manifest.metadata.labels?.[PROXIED_LABEL] ?? "false";
  if (value === "true" || value === "false") return value === "true";
  const labels = { parent: { parent: ROOT, key: "metadata" }, key: "labels" };
  const message = `${JSON.stringify(value)} is neither "true" nor "false"`;
  context.warning({ parent: labels, key: PROXIED_LABEL }, "bad-value", message);
  return false;
}

function readPorts(
  body: EndpointSliceBody,
  path: Path,
  context: ReadContext,
): EndpointSliceIntent["ports"] {
  const names = new Map<string, number>();
  return (body.ports ?? []).flatMap((port, index) => {
    const name = port.name ?? "";
    const at = { parent: path, key: index };
    const first = names.get(name);
    if (first !== undefined) {
      const message = `${JSON.stringify(name)} is the name of ports[${first}] already`;
      context.error({ parent: at, key: "name" }, "duplicate", message);
    } else names.set(name, index);
    if ((port.protocol ?? "TCP") !== "TCP") return [];
    return [{ name, port: port.port ?? 0, appProtocol: port.appProtocol ?? "" }];
  });
}

function readEndpoints(
  body: EndpointSliceBody,
  path: Path,
  context: ReadContext,
): readonly SliceEndpoint[] {
  const isAddress = body.addressType === "IPv6" ? isIPv6 : isIPv4;
  return (body.endpoints ?? []).map((endpoint, index) => {
    const addresses = { parent: { parent: path, key: index }, key: "addresses" };
    for (const [place, address] of endpoint.addresses.entries()) {
      if (isAddress(address)) continue;
      const message = `${JSON.stringify(address)} is no ${body.addressType} address`;
      context.error({ parent: addresses, key: place }, "bad-address", message);
    }
    return {
      addresses: endpoint.addresses,
      state: stateOf(endpoint),
      hostname: endpoint.hostname ?? "",
      node: endpoint.nodeName ?? "",
      zone: endpoint.zone ?? "",
      ...zoneHintsOf(endpoint),
      targetUid: endpoint.targetRef?.uid ?? "",
      protocol: "unknown",
    };
  });
}

/** Nothing where nothing is said, so that sets without hints stay small. */
function zoneHintsOf({ hints }: SliceEntry): Pick<SliceEndpoint, "zoneHints"> {
  const names = (hints?.forZones ?? []).map(({ name }) => name);
  return names.length > 0 ? { zoneHints: [...new Set(names)].sort() } : {};
}

/**
 * Unknown readiness counts as ready. One that terminates may still serve, which is said apart
 * from readiness; unknown serving follows readiness.
 */
function stateOf(endpoint: SliceEntry): EndpointState {
  const { ready, serving, terminating } = endpoint.conditions ?? {};
  if (ready ?? true) return "ready";
  if (!(terminating ?? false)) return "not-ready";
  return (serving ?? ready) ? "serving" : "terminating";
}
