/** What a proxy is told of its own pod. */
import type { WorkloadPod } from "../../../mesh/workload.ts";
import type { ProxyIdentity } from "../../publish/peer.ts";
import type { Cluster } from "./cluster.ts";
import type { PodFacts } from "./pods.ts";

/** Undefined while the pod is not known, and for what is none. */
export function describePod(
  { pods, nodes }: Pick<Cluster, "pods" | "nodes">,
  identity: ProxyIdentity,
): WorkloadPod | undefined {
  const pod = findPod(pods, identity);
  if (pod === undefined) return undefined;
  const { name, owner, serviceAccount, node } = pod;
  const ownerKind = owner?.kind ?? "";
  const ownerName = owner?.name ?? "";
  return { name, ownerKind, ownerName, serviceAccount, node, zone: nodes.zoneOf(node) };
}

/** Another pod of the same name is another pod. */
function findPod(pods: Cluster["pods"], identity: ProxyIdentity): PodFacts | undefined {
  const { podUid, namespace, name } = identity;
  if (podUid === "") return undefined;
  const pod = pods.podOf(podUid);
  return pod?.namespace === namespace && pod.name === name ? pod : undefined;
}
