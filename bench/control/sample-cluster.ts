/** A large cluster as an API server has it: pods of the size that real ones have. */
import { PATHS } from "../../test/harness/cluster-objects.ts";
import type { FakeApiServer, FakeObject } from "../../test/harness/fake-api-server.ts";

export interface LargeCluster {
  /** An endpoint of some service stops being ready, or is again. */
  moveEndpoint(turn: number): void;
}

const REVISIONS = "/apis/apps/v1/controllerrevisions";
/** As the API server fills them by default. */
const SLICE_ENDPOINTS_MAX = 100;

export function fillLargeCluster(
  server: FakeApiServer,
  size: { readonly pods: number; readonly services: number; readonly nodes: number },
): LargeCluster {
  for (const path of [...Object.values(PATHS), REVISIONS]) server.serve(path);
  for (let n = 0; n < size.nodes; n++) server.put(PATHS.nodes, node(n));
  const namespaces = Math.ceil(size.services / 20);
  for (let n = 0; n < namespaces; n++) {
    const annotations = { "heddle.mesh/inject": "enabled" };
    server.put(PATHS.namespaces, { metadata: { name: `team-${n}`, annotations } });
  }
  const perService = Math.floor(size.pods / size.services);
  const slices: FakeObject[] = [];
  for (let n = 0; n < size.services; n++) {
    const namespace = `team-${n % namespaces}`;
    server.put(PATHS.services, service(n, namespace));
    const pods = Array.from({ length: perService }, (_, index) => ({
      ...{ name: `web-${n}-7f9c4d-${index}`, uid: uidOf(n * perService + index) },
      ...{ address: addressOf(n * perService + index), node: `node-${(n + index) % size.nodes}` },
    }));
    for (const one of pods) server.put(PATHS.pods, pod(n, namespace, one));
    for (let from = 0; from < pods.length; from += SLICE_ENDPOINTS_MAX) {
      const made = slice(n, namespace, from, pods.slice(from, from + SLICE_ENDPOINTS_MAX));
      slices.push(made);
      server.put(PATHS.slices, made);
    }
  }
  return { moveEndpoint: (turn) => server.put(PATHS.slices, flip(slices, turn)) };
}

interface Placed {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  readonly node: string;
}

function addressOf(n: number): string {
  return `10.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
}

function uidOf(n: number): string {
  return `5f0c${String(n).padStart(4, "0")}-7a1b-4c55-9b1d-${String(n).padStart(12, "0")}`;
}

function node(n: number): FakeObject {
  const labels = {
    "topology.kubernetes.io/zone": `zone-${n % 3}`,
    "kubernetes.io/hostname": `node-${n}`,
  };
  return { metadata: { name: `node-${n}`, labels }, status: { images: filler("image", 20) } };
}

function service(n: number, namespace: string): FakeObject {
  return {
    metadata: { name: `web-${n}`, namespace, labels: { app: `web-${n}` } },
    spec: {
      ...{ clusterIP: `10.96.${n >> 8}.${n & 255}`, selector: { app: `web-${n}` } },
      ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
    },
    status: { loadBalancer: {} },
  };
}

function slice(n: number, namespace: string, from: number, pods: readonly Placed[]): FakeObject {
  const labels = { "kubernetes.io/service-name": `web-${n}` };
  return {
    metadata: { name: `web-${n}-${from}`, namespace, labels },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: pods.map(({ name, uid, address, node: nodeName }) => ({
      ...{ addresses: [address], nodeName, zone: "zone-1" },
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: "Pod", namespace, name, uid },
    })),
  };
}

/** Goes round the services, and then round the endpoints of each. */
function flip(slices: FakeObject[], turn: number): FakeObject {
  const at = turn % slices.length;
  const before = slices[at];
  if (before === undefined || !Array.isArray(before.endpoints)) throw new Error("it has endpoints");
  const chosen = Math.floor(turn / slices.length) % before.endpoints.length;
  const isReady = Math.floor(turn / (slices.length * before.endpoints.length)) % 2 === 1;
  const conditions = { ready: isReady, serving: isReady, terminating: false };
  const endpoints = before.endpoints.map((one: object, index) =>
    index === chosen ? { ...one, conditions } : one,
  );
  const after = { ...before, endpoints };
  slices[at] = after;
  return after;
}

/** Some 8 kB of JSON, of which the operator needs a tenth. */
function pod(n: number, namespace: string, { name, uid, address, node: nodeName }: Placed) {
  const container = (one: string) => ({
    ...{ name: one, image: `registry.example.com/shop/${one}:1.2.3`, imagePullPolicy: "Always" },
    ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
    env: filler("VARIABLE", 12),
    volumeMounts: filler("mount", 4),
    readinessProbe: { httpGet: { path: "/ready", port: "http", scheme: "HTTP" }, periodSeconds: 5 },
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  });
  return {
    metadata: {
      ...{ name, namespace, uid, creationTimestamp: "2026-01-02T03:04:05Z" },
      labels: {
        app: `web-${n}`,
        "pod-template-hash": "7f9c4d",
        "heddle.mesh/proxied": "transparent",
      },
      annotations: { "heddle.mesh/injection": "0123456789", "heddle.mesh/proxy-version": "0.1.0" },
      ownerReferences: [
        {
          ...{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `web-${n}-7f9c4d` },
          ...{ uid: `rs-${n}`, controller: true, blockOwnerDeletion: true },
        },
      ],
      managedFields: filler("manager", 10),
    },
    spec: {
      ...{ nodeName, serviceAccountName: `web-${n}`, restartPolicy: "Always" },
      initContainers: [container("heddle-init"), container("heddle-proxy")],
      containers: [container("app")],
      volumes: filler("volume", 5),
      tolerations: filler("toleration", 3),
    },
    status: {
      ...{ phase: "Running", podIP: address, podIPs: [{ ip: address }] },
      conditions: filler("condition", 5),
      containerStatuses: filler("status", 3),
    },
  };
}

function filler(name: string, count: number): readonly object[] {
  return Array.from({ length: count }, (_, n) => ({
    ...{ name: `${name}_${n}`, value: `what nobody asks about ${name} number ${n}` },
  }));
}
