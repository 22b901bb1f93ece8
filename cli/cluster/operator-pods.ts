/** The operator's replicas in a cluster, and which of them leads. */
import { isRecord } from "../../base/shape.ts";
import { OPERATOR, OPERATOR_ADMIN_PORT } from "../../inject/names.ts";
import type { KubeObject } from "../../kube/kube-object.ts";
import type { Cluster } from "./cluster.ts";
import { LEASES, PODS, pathOf } from "./resources.ts";

export interface OperatorPod {
  readonly name: string;
  readonly isReady: boolean;
  /** It holds the Lease: its word about statuses counts. */
  readonly isLeading: boolean;
  readonly adminPort: number;
}

/** The leading one first, then those that are ready. */
export async function findOperatorPods(
  cluster: Cluster,
  namespace: string,
): Promise<readonly OperatorPod[]> {
  const labelSelector = `app.kubernetes.io/name=${OPERATOR}`;
  const [pods = [], lease] = await Promise.all([
    cluster.list(PODS, { namespace, labelSelector }),
    cluster.find(pathOf(LEASES, { namespace, name: OPERATOR })),
  ]);
  const holder = holderOf(lease);
  const found = pods.filter(isRunning).map((pod) => ({
    name: pod.name,
    isReady: isPodReady(pod),
    // The holder's name is that of its pod and something of its own.
    isLeading: holder === pod.name || holder.startsWith(`${pod.name}_`),
    adminPort: adminPortOf(pod) ?? OPERATOR_ADMIN_PORT,
  }));
  return found.toSorted((a, b) => rank(b) - rank(a));
}

/** As its containers name it, restarted init containers included. */
export function adminPortOf({ raw }: KubeObject, name = "admin"): number | undefined {
  const spec = isRecord(raw.spec) ? raw.spec : {};
  const ports = [spec.initContainers, spec.containers]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .filter(isRecord)
    .flatMap((container) => (Array.isArray(container.ports) ? container.ports : []))
    .filter(isRecord);
  const found = ports.find((port) => port.name === name)?.containerPort;
  return typeof found === "number" ? found : undefined;
}

function rank({ isLeading, isReady }: OperatorPod): number {
  return (isLeading ? 2 : 0) + (isReady ? 1 : 0);
}

/** Empty: nobody. */
export function holderOf(lease: unknown): string {
  const spec = isRecord(lease) && isRecord(lease.spec) ? lease.spec : {};
  return typeof spec.holderIdentity === "string" ? spec.holderIdentity : "";
}

/** It is neither at its end nor on the way there. */
export function isRunning({ raw }: KubeObject): boolean {
  const metadata = isRecord(raw.metadata) ? raw.metadata : {};
  const status = isRecord(raw.status) ? raw.status : {};
  const isOver = status.phase === "Succeeded" || status.phase === "Failed";
  return metadata.deletionTimestamp === undefined && !isOver;
}

export function isPodReady({ raw }: KubeObject): boolean {
  const status = isRecord(raw.status) ? raw.status : {};
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isRecord) : [];
  return conditions.some(({ type, status: said }) => type === "Ready" && said === "True");
}
