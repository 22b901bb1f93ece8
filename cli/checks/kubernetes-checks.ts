/** Whether the cluster itself is what the mesh needs. */
import { NODES } from "../cluster/resources.ts";
import { type ClusterCheck, listed, partOf, result, textAt } from "./cluster-check.ts";

/** Containers that start before others and stay are on by default from here, kubelets included. */
export const KUBERNETES_MINOR_MIN = 31;

export const checkApiServer: ClusterCheck = async ({ cluster }) => {
  const said = await cluster.get("/version");
  const version = textAt(said, "gitVersion");
  const minor = minorOf(version);
  if (minor === undefined) {
    return result("kubernetes-version", "warning", `the API server says its version is ${version}`);
  }
  const detail = `the API server at ${cluster.server} is Kubernetes ${version}`;
  if (minor >= KUBERNETES_MINOR_MIN) return result("kubernetes-version", "ok", detail);
  const hint = `Heddle needs Kubernetes 1.${KUBERNETES_MINOR_MIN} or newer`;
  return result("kubernetes-version", "failed", detail, hint);
};

export const checkKubelets: ClusterCheck = async ({ cluster }) => {
  const nodes = (await cluster.list(NODES)) ?? [];
  const old = nodes.flatMap(({ name, raw }) => {
    const version = textAt(partOf(raw, "status", "nodeInfo"), "kubeletVersion");
    const minor = minorOf(version);
    return minor === undefined || minor >= KUBERNETES_MINOR_MIN ? [] : [`${name} (${version})`];
  });
  if (old.length > 0) {
    const hint = `pods with a proxy need a kubelet of 1.${KUBERNETES_MINOR_MIN} or newer: upgrade`;
    return result("kubelet-versions", "failed", `old kubelets: ${listed(old)}`, hint);
  }
  if (nodes.length === 0) {
    return result("kubelet-versions", "warning", "there are no nodes: nothing can run here");
  }
  return result("kubelet-versions", "ok", `the kubelets of all nodes (${nodes.length}) are new`);
};

/** Of major version 1. Undefined for what has none. */
function minorOf(version: string): number | undefined {
  const found = /^v1\.(\d{1,3})/.exec(version)?.[1];
  return found === undefined ? undefined : Number(found);
}
