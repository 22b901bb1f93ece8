/**
 * Questions to a pod's admin port by way of the API server: whoever may look at the cluster needs
 * no address of a pod. Where the API server does not reach pods (a firewall before its machines, a
 * NetworkPolicy) the port is forwarded by the pod's kubelet, which it always reaches.
 */
import type { HttpAnswer, HttpGet } from "../api/http.ts";
import { type Cluster, ClusterError, type PodDoor } from "./cluster.ts";

/** The address that is asked for does not count: the pod does. */
export function podGet(cluster: Cluster, door: PodDoor): HttpGet {
  return async (_address, path) => {
    try {
      return await askThrough(cluster, door, path);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status < 500) throw error;
      try {
        return await cluster.askWithinPod(door, path);
      } catch {
        // The first way is the usual one: its failure says more.
        throw error;
      }
    }
  };
}

async function askThrough(cluster: Cluster, door: PodDoor, path: string): Promise<HttpAnswer> {
  for (const isLocal of [false, true]) {
    try {
      return { status: 200, text: await cluster.askPod(door, path, isLocal) };
    } catch (error) {
      if (!isOfPod(error)) throw error;
      // It guards itself against web pages that make browsers ask under names of theirs; the API
      // server has a name as well, and passes on whatever name it is asked by.
      if (isLocal || error.status !== 403) return { status: error.status, text: error.detail };
    }
  }
  throw new Error("the second answer was none");
}

/** What the API server says for itself has a reason in its own words. */
function isOfPod(error: unknown): error is ClusterError {
  return error instanceof ClusterError && error.status > 0 && error.reason === "";
}
