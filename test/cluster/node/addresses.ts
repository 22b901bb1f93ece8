/**
 * Where things are in the cluster's network namespace. All of it is private to the namespace, so
 * that fixed numbers harm nobody, and several clusters can run side by side.
 */

export const NODE_NAME = "node";
export const CLUSTER_DOMAIN = "cluster.local";

export const BRIDGE = "pods0";
/** The bridge's own address is the node's: of its API server, its kubelet and its DNS. */
export const NODE_ADDRESS = "10.244.0.1";
export const POD_SUBNET = "10.244.0.0/24";
/** Below it are the bridge and nobody else. */
export const FIRST_POD_ADDRESS = "10.244.0.10";

export const SERVICE_SUBNET = "10.96.0.0/16";
/** The first of the subnet is always the API server's. */
export const API_SERVICE_ADDRESS = "10.96.0.1";

export const ETCD_PORT = 2_379;
export const ETCD_PEER_PORT = 2_380;
export const API_PORT = 6_443;
export const API_URL = `https://${NODE_ADDRESS}:${API_PORT}`;
