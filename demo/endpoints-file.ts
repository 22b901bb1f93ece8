/** Where the processes of the shop listen, written the way Kubernetes would say it. */

export interface EndpointPlace {
  readonly name: string;
  readonly service: string;
  readonly port: number;
}

export function formatEndpoints(namespace: string, places: readonly EndpointPlace[]): string {
  const slices = places.map(
    ({ name, service, port }) => `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${name}
  namespace: ${namespace}
  labels: { kubernetes.io/service-name: ${service}, heddle.mesh/proxied: "true" }
addressType: IPv4
ports: [{ name: http, port: ${port} }]
endpoints: [{ addresses: [127.0.0.1], conditions: { ready: true } }]
`,
  );
  const about = "# Written by the demo when it started: where each process listens.\n";
  return about + slices.join("---\n");
}
