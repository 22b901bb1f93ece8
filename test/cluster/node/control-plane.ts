/** What a cluster consists of besides its nodes, as command lines. */
import { join } from "node:path";
import {
  API_PORT,
  CLUSTER_DOMAIN,
  ETCD_PEER_PORT,
  ETCD_PORT,
  NODE_ADDRESS,
  NODE_NAME,
  POD_SUBNET,
  SERVICE_SUBNET,
} from "./addresses.ts";
import type { ClusterFolders } from "./folders.ts";
import type { PartOptions } from "./part.ts";
import type { PartPaths } from "./part-paths.ts";

const ETCD_URL = `http://127.0.0.1:${ETCD_PORT}`;
const ISSUER = `https://kubernetes.default.svc.${CLUSTER_DOMAIN}`;

export function etcd(paths: PartPaths, { state }: ClusterFolders): PartOptions {
  const peers = `http://127.0.0.1:${ETCD_PEER_PORT}`;
  return {
    name: "etcd",
    command: [
      paths.etcd,
      `--data-dir=${join(state, "etcd")}`,
      `--listen-client-urls=${ETCD_URL}`,
      `--advertise-client-urls=${ETCD_URL}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      "--log-level=warn",
      // Nothing here has to outlive a power cut.
      "--unsafe-no-fsync",
    ],
  };
}

export function apiServer(paths: PartPaths, { pki }: ClusterFolders): PartOptions {
  const file = (name: string): string => join(pki, name);
  return {
    name: "kube-apiserver",
    command: [
      paths.kubeApiserver,
      `--etcd-servers=${ETCD_URL}`,
      `--secure-port=${API_PORT}`,
      `--advertise-address=${NODE_ADDRESS}`,
      `--service-cluster-ip-range=${SERVICE_SUBNET}`,
      `--token-auth-file=${file("tokens.csv")}`,
      `--tls-cert-file=${file("apiserver.crt")}`,
      `--tls-private-key-file=${file("apiserver.key")}`,
      `--service-account-issuer=${ISSUER}`,
      `--service-account-key-file=${file("accounts.pub")}`,
      `--service-account-signing-key-file=${file("accounts.key")}`,
      "--kubelet-preferred-address-types=InternalIP",
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged=true",
      "--profiling=false",
    ],
  };
}

export function controllerManager(paths: PartPaths, { pki }: ClusterFolders): PartOptions {
  return {
    name: "kube-controller-manager",
    command: [
      paths.kubeControllerManager,
      `--kubeconfig=${join(pki, "controller-manager.kubeconfig")}`,
      `--root-ca-file=${join(pki, "ca.crt")}`,
      `--service-account-private-key-file=${join(pki, "accounts.key")}`,
      "--use-service-account-credentials",
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
    ],
  };
}

export function scheduler(paths: PartPaths, { pki }: ClusterFolders): PartOptions {
  return {
    name: "kube-scheduler",
    command: [
      paths.kubeScheduler,
      `--kubeconfig=${join(pki, "scheduler.kubeconfig")}`,
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
    ],
  };
}

export function kubeProxy(paths: PartPaths, { pki }: ClusterFolders): PartOptions {
  return {
    name: "kube-proxy",
    command: [
      paths.kubeProxy,
      `--kubeconfig=${join(pki, "kube-proxy.kubeconfig")}`,
      `--hostname-override=${NODE_NAME}`,
      "--proxy-mode=iptables",
      `--cluster-cidr=${POD_SUBNET}`,
      // The table of connections belongs to the whole machine.
      "--conntrack-max-per-core=0",
      "--conntrack-tcp-timeout-established=0",
      "--conntrack-tcp-timeout-close-wait=0",
    ],
  };
}
