/**
 * Questions to a pod's admin port by way of the API server: whoever may look at the cluster needs
 * no address of a pod, and no connection that is forwarded.
 */
import type { HttpGet } from "../api/http.ts";
import { type Cluster, ClusterError, type PodDoor } from "./cluster.ts";

/** The address that is asked for does not count: the pod does. */
export function podGet(cluster: Cluster, door: PodDoor): HttpGet {
  return async (_address, path) => {
    try {
      return { status: 200, text: await cluster.askPod(door, path, false) };
    } catch (error) {
      if (!isOfPod(error)) throw error;
      if (error.status !== 403) return { status: error.status, text: error.detail };
    }
    // It guards itself against web pages that make browsers ask under names of theirs; the API
    // server has one, and most of them pass on whatever name they are asked by.
    try {
      return { status: 200, text: await cluster.askPod(door, path, true) };
    } catch (error) {
      if (!isOfPod(error)) throw error;
      return { status: error.status, text: error.detail };
    }
  };
}

/** What the API server says for itself has a reason in its own words. */
function isOfPod(error: unknown): error is ClusterError {
  return error instanceof ClusterError && error.status > 0 && error.reason === "";
}
