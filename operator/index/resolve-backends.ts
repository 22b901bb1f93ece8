/**
 * From the backends that an object names to those that requests on one port of the service can go
 * to. What cannot be resolved is left out and reported; the shares of the rest grow accordingly.
 */
import { WEIGHT_MAX, type WeightedBackend } from "../../mesh/destination.ts";
import type { BackendIntent, IntentObject, RouteIntent, ServiceName } from "../../mesh/intent.ts";
import { formatServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import { compareText } from "./compare-text.ts";
import { type ServiceInputs, serviceId } from "./object-view.ts";
import type { Verdicts } from "./verdict.ts";

/** The service itself, alone. */
export function apexOnly(apex: ServiceKey): readonly WeightedBackend[] {
  return [{ service: apex, weight: 1 }];
}

/**
 * Backends for requests to `port`. Undefined when the object has no say on this port: none of its
 * backends can be resolved here. All weights zero means the service itself.
 */
export function resolveBackends(
  inputs: ServiceInputs,
  port: number,
  backends: readonly BackendIntent[],
): readonly WeightedBackend[] | undefined {
  const apex = serviceKeyOf(inputs.name.namespace, inputs.name.name, port);
  const weights = new Map<ServiceKey, number>();
  let positive = false;
  for (const { service, port: wantedPort, weightMilli } of backends) {
    if (weightMilli === 0) continue;
    positive = true;
    const backendPort = wantedPort === 0 ? port : wantedPort;
    if (!hasPort(inputs, service, backendPort)) continue;
    const key = serviceKeyOf(service.namespace, service.name, backendPort);
    weights.set(key, (weights.get(key) ?? 0) + weightMilli);
  }
  if (!positive) return apexOnly(apex);
  return weights.size === 0 ? undefined : wholeWeights(weights);
}

/** Says which backends of an object lead nowhere, over all ports of the service. */
export function reportUnresolved(
  inputs: ServiceInputs,
  owner: IntentObject,
  field: string,
  backends: readonly BackendIntent[],
  verdicts: Verdicts,
): void {
  const ports = (inputs.service?.intent.ports ?? []).map(({ port }) => port);
  const weighed = backends.filter(({ weightMilli }) => weightMilli > 0);
  const reaches = (backend: BackendIntent, port: number): boolean =>
    hasPort(inputs, backend.service, backend.port === 0 ? port : backend.port);
  // A port that no backend has is one that the object does not speak about.
  const concerned = ports.filter((port) => weighed.some((backend) => reaches(backend, port)));
  const idle = concerned.length === 0 ? "; no backend is left, so it takes no traffic" : "";
  for (const backend of backends) {
    const id = serviceId(backend.service);
    if (inputs.serviceNamed(backend.service) === undefined) {
      const message = `${field}: Service ${id} does not exist and is left out${idle}`;
      verdicts.reference(owner.ref, "ServiceNotFound", message);
      continue;
    }
    if (ports.length === 0) continue;
    const lacking = (concerned.length === 0 ? ports : concerned).filter(
      (port) => !reaches(backend, port),
    );
    if (lacking.length === 0) continue;
    const wanted = backend.port === 0 ? lacking.join(", ") : String(backend.port);
    const message = `${field}: Service ${id} has no port ${wanted} and is left out there${idle}`;
    verdicts.reference(owner.ref, "PortNotFound", message);
  }
}

/** Says which mirrors of a profile's routes lead nowhere, over all ports of the service. */
export function reportUnresolvedMirrors(
  inputs: ServiceInputs,
  owner: IntentObject,
  routes: readonly RouteIntent[],
  verdicts: Verdicts,
): void {
  const ports = (inputs.service?.intent.ports ?? []).map(({ port }) => port);
  for (const [index, { behaviour }] of routes.entries()) {
    const { mirror } = behaviour;
    if (mirror === null) continue;
    const field = `spec.routes[${index}].mirror`;
    const id = serviceId(mirror.service);
    if (inputs.serviceNamed(mirror.service) === undefined) {
      const message = `${field}: Service ${id} does not exist: nothing is copied`;
      verdicts.reference(owner.ref, "ServiceNotFound", message);
      continue;
    }
    const lacking = ports.filter((port) => !hasPort(inputs, mirror.service, port));
    if (lacking.length === 0) continue;
    const where = `of what is called at port ${lacking.join(", ")} nothing is copied`;
    const message = `${field}: Service ${id} has no such port: ${where}`;
    verdicts.reference(owner.ref, "PortNotFound", message);
  }
}

export function hasPort(inputs: ServiceInputs, name: ServiceName, port: number): boolean {
  const service = inputs.serviceNamed(name);
  return service?.intent.ports.some((candidate) => candidate.port === port) ?? false;
}

export function serviceKeyOf(namespace: string, name: string, port: number): ServiceKey {
  return formatServiceKey({ scheme: "svc", namespace, name, port });
}

/** Thousandths to the smallest whole numbers of the same proportions, none above the maximum. */
function wholeWeights(milli: ReadonlyMap<ServiceKey, number>): readonly WeightedBackend[] {
  let divisor = 0;
  for (const weight of milli.values()) divisor = greatestCommonDivisor(divisor, weight);
  const largest = Math.max(...milli.values()) / divisor;
  const scale = largest > WEIGHT_MAX ? WEIGHT_MAX / largest : 1;
  return [...milli]
    .sort(([a], [b]) => compareText(a, b))
    .map(([service, weight]) => ({
      service,
      weight: Math.max(1, Math.round((weight / divisor) * scale)),
    }));
}

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
