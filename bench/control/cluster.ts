/** Clusters of a chosen size, as objects in a real API server: no pod of them runs anywhere. */
import { isRecord } from "../../base/shape.ts";
import type { TestApiServer } from "../../test/kubernetes/harness/api-server.ts";

const AT_ONCE = 16;
const ENDPOINT_PORT = 8080;

export interface ClusterSize {
  readonly serviceCount: number;
  readonly endpointsPerService: number;
  readonly namespaceCount: number;
  readonly nodeCount: number;
  /** Whether each endpoint is a pod that is there. */
  readonly hasPods: boolean;
}

export function namespaceName(index: number): string {
  return `team-${index}`;
}

export function serviceName(index: number): string {
  return `service-${index}`;
}

/** Services go round the namespaces. */
export function namespaceOf(service: number, size: ClusterSize): string {
  return namespaceName(service % size.namespaceCount);
}

/** The one slice of its endpoints. */
export function slicePath(service: number, size: ClusterSize): string {
  return `${slicesPath(namespaceOf(service, size))}/${sliceName(service)}`;
}

function slicesPath(namespace: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
}

function sliceName(service: number): string {
  return `${serviceName(service)}-x7k2p`;
}

export async function fillCluster(api: TestApiServer, size: ClusterSize): Promise<void> {
  const { client, signal } = api;
  const create = async (path: string, object: object): Promise<unknown> =>
    await client.create(path, object, signal);
  await eachOf(size.namespaceCount, async (index) => {
    const name = namespaceName(index);
    await create("/api/v1/namespaces", { metadata: { name } });
    await api.serviceAccount({ namespace: name, name: "default" });
  });
  await eachOf(size.nodeCount, async (index) => {
    await create("/api/v1/nodes", node(index));
  });
  await eachOf(size.serviceCount, async (index) => {
    const namespace = namespaceOf(index, size);
    const core = `/api/v1/namespaces/${namespace}`;
    await create(`${core}/services`, service(index));
    const uids: string[] = [];
    for (let at = 0; size.hasPods && at < size.endpointsPerService; at += 1) {
      const made = await create(`${core}/pods`, pod(index, at, size));
      const metadata = isRecord(made) && isRecord(made.metadata) ? made.metadata : {};
      uids.push(String(metadata.uid));
      const whole = { ...Object(made), status: podStatus(index, at) };
      await client.replace(`${core}/pods/${podName(index, at)}/status`, whole, signal);
    }
    await create(slicesPath(namespace), slice(index, size, uids));
  });
}

async function eachOf(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const go = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, go));
}

function node(index: number): object {
  const labels = { "topology.kubernetes.io/zone": `zone-${index % 3}` };
  return { metadata: { name: `node-${index}`, labels } };
}

function service(index: number): object {
  const ports = [{ name: "http", port: 80, targetPort: ENDPOINT_PORT }];
  return {
    metadata: { name: serviceName(index) },
    spec: { ports, selector: { app: serviceName(index) } },
  };
}

function slice(index: number, size: ClusterSize, uids: readonly string[]): object {
  const name = serviceName(index);
  return {
    metadata: { name: sliceName(index), labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ name: "http", port: ENDPOINT_PORT, protocol: "TCP" }],
    endpoints: Array.from({ length: size.endpointsPerService }, (_, at) => ({
      addresses: [address(index, at)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${(index + at) % size.nodeCount}`,
      zone: `zone-${at % 3}`,
      ...(uids[at] === undefined
        ? {}
        : { targetRef: { kind: "Pod", name: podName(index, at), uid: uids[at] } }),
    })),
  };
}

function address(service: number, at: number): string {
  return `10.${128 + Math.floor(service / 256)}.${service % 256}.${at}`;
}

function podName(index: number, at: number): string {
  return `${serviceName(index)}-6d4cf56db6-${at}`;
}

/** As large as real ones are, and with what an injected pod has. */
function pod(index: number, at: number, size: ClusterSize): object {
  const app = serviceName(index);
  const env = Array.from({ length: 12 }, (_, n) => ({
    name: `SETTING_${n}`,
    value: "x".repeat(40),
  }));
  const probe = { httpGet: { path: "/healthz", port: ENDPOINT_PORT }, periodSeconds: 10 };
  const resources = { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "256Mi" } };
  const container = { image: "registry.example/app:1.2.3", env, resources, livenessProbe: probe };
  return {
    metadata: {
      name: podName(index, at),
      labels: { app, "pod-template-hash": "6d4cf56db6", "heddle.mesh/proxied": "transparent" },
      annotations: { "heddle.mesh/inject": "enabled", checksum: "x".repeat(64) },
    },
    spec: {
      nodeName: `node-${(index + at) % size.nodeCount}`,
      containers: [
        { ...container, name: "app" },
        { ...container, name: "heddle-proxy" },
      ],
    },
  };
}

function podStatus(index: number, at: number): object {
  const podIP = address(index, at);
  const now = "2026-01-02T03:04:05Z";
  const condition = (type: string) => ({ type, status: "True", lastTransitionTime: now });
  return {
    phase: "Running",
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: ["Ready", "ContainersReady", "Initialized", "PodScheduled"].map(condition),
    containerStatuses: ["app", "heddle-proxy"].map((name) => ({
      ...{ name, ready: true, started: true, restartCount: 0 },
      ...{ image: "registry.example/app:1.2.3", imageID: `sha256:${"a".repeat(64)}` },
      state: { running: { startedAt: now } },
    })),
  };
}
