/** A small mesh as the objects of a cluster. */
import type { FakeApiServer, FakeObject } from "./fake-api-server.ts";

export const PATHS = {
  services: "/api/v1/services",
  slices: "/apis/discovery.k8s.io/v1/endpointslices",
  profiles: "/apis/heddle.mesh/v1alpha1/serviceprofiles",
  splits: "/apis/heddle.mesh/v1alpha1/trafficsplits",
  policies: "/apis/heddle.mesh/v1alpha1/retrypolicies",
  pods: "/api/v1/pods",
  nodes: "/api/v1/nodes",
  namespaces: "/api/v1/namespaces",
  revisions: "/apis/apps/v1/controllerrevisions",
} as const;

export function service(name: string): FakeObject {
  return {
    metadata: { name, namespace: "shop", creationTimestamp: "2026-01-02T03:04:05Z" },
    // Another one for each of those that are here.
    spec: {
      clusterIP: `10.0.0.${name.length}`,
      ports: [{ name: "http", port: 80, targetPort: 8080 }],
    },
    status: { loadBalancer: {} },
  };
}

export function slice(serviceName: string, ...addresses: readonly string[]): FakeObject {
  const labels = { "kubernetes.io/service-name": serviceName };
  return {
    metadata: { name: `${serviceName}-abc`, namespace: "shop", labels },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

/** `web` with `percent` to web-v1, and the rest to itself. */
export function split(percent: unknown, generation: number): FakeObject {
  return {
    metadata: { name: "web", namespace: "shop", generation },
    spec: {
      service: "web",
      backends: [
        { service: "web-v1", weight: percent },
        { service: "web", weight: 10 },
      ],
    },
  };
}

/** Every kind that there is no mesh without, and a split of `web` between two services. */
export function fillCluster(server: FakeApiServer): void {
  for (const path of Object.values(PATHS)) server.serve(path);
  for (const name of ["web", "web-v1"]) server.put(PATHS.services, service(name));
  server.put(PATHS.slices, slice("web", "10.1.0.1"));
  server.put(PATHS.slices, slice("web-v1", "10.1.0.2", "10.1.0.3"));
  server.put(PATHS.splits, split(90, 1));
}
