/** The service that examples name, so that a command that is pasted does something. */
import type { ServiceEntry, ServicePortEntry } from "../../mesh/operator-api.ts";

/**
 * As callers in `namespace` write it: one whose traffic is split comes first, because it has most
 * to show, and one of the caller's own namespace before others. Undefined when none takes requests.
 */
export function exampleService(
  services: readonly ServiceEntry[],
  namespace: string,
): string | undefined {
  const ports = services.flatMap((service) => service.ports.map((port) => ({ service, port })));
  const ready = new Set(ports.filter(({ port }) => port.endpointsReady > 0).map(keyOf));
  const able = ports.filter(
    ({ port }) => ready.has(port.key) || port.backends.some((one) => ready.has(one.service)),
  );
  const isOwn = ({ service }: (typeof ports)[number]): boolean => service.namespace === namespace;
  const isSplit = ({ port }: (typeof ports)[number]): boolean =>
    port.backends.some((one) => one.service !== port.key);
  const chosen =
    able.find((one) => isOwn(one) && isSplit(one)) ??
    able.find(isOwn) ??
    able.find(isSplit) ??
    able[0];
  if (chosen === undefined) return undefined;
  const { name } = chosen.service;
  const named = isOwn(chosen) ? name : `${name}.${chosen.service.namespace}`;
  return chosen.port.port === 80 ? named : `${named}:${chosen.port.port}`;
}

function keyOf({ port }: { readonly port: ServicePortEntry }): string {
  return port.key;
}
