/** Services as people ask for them: their ports, endpoints, routes, and where traffic goes. */
import { formatTimestamp } from "../../base/timestamp.ts";
import type { Rule } from "../../mesh/destination.ts";
import type { ServiceEntry, ServicePortEntry } from "../../mesh/operator-api.ts";
import { formatServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import { ABSENT } from "../../mesh/snapshot.ts";
import type { ResourceStore } from "../index/resource-store.ts";
import type { ObjectSource, SourceObject } from "../sources/object-source.ts";

/** Sorted by namespace and name; those of one namespace, or of all when it is null. */
export function describeServices(
  objects: ObjectSource,
  store: ResourceStore,
  namespace: string | null,
): readonly ServiceEntry[] {
  const services: ServiceEntry[] = [];
  for (const object of objects.list()) {
    if (object.live?.intent.type !== "service") continue;
    if (namespace !== null && object.ref.namespace !== namespace) continue;
    services.push(describeService(object, store));
  }
  return services.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function describeService(object: SourceObject, store: ResourceStore): ServiceEntry {
  const { namespace, name } = object.ref;
  const intent = object.live?.intent;
  const ports = intent?.type === "service" ? intent.ports : [];
  return {
    namespace,
    name,
    createdAt: formatTimestamp(object.createdAtWallMs),
    ports: ports.map((port): ServicePortEntry => {
      const key = formatServiceKey({ scheme: "svc", namespace, name, port: port.port });
      const destination = store.destination(key);
      const rules = destination?.body.rules ?? [];
      const endpoints = servingSets(rules, key).flatMap(
        (serving) => store.endpointSet(serving)?.body.endpoints ?? [],
      );
      return {
        key,
        port: port.port,
        name: port.name,
        endpointsReady: endpoints.filter(({ state }) => state === "ready").length,
        endpointsTotal: endpoints.length,
        routes: [...new Set(rules.map(({ route }) => route))].filter((route) => route !== ""),
        backends: rules.at(-1)?.action.backends ?? [],
        revision: destination?.revision ?? ABSENT,
      };
    }),
  };
}

/** Whose endpoints serve it: of a service that is split those of its backends, not its own. */
function servingSets(rules: readonly Rule[], own: ServiceKey): readonly ServiceKey[] {
  const serving = rules.flatMap(({ action }) => action.backends.map(({ service }) => service));
  return serving.length === 0 ? [own] : [...new Set(serving)];
}

function sortKey({ namespace, name }: ServiceEntry): string {
  return `${namespace}\0${name}`;
}
