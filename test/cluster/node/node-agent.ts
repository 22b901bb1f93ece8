/** The node: containerd, kubelet and DNS of the cluster, their configuration and command lines. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BRIDGE,
  CLUSTER_DOMAIN,
  FIRST_POD_ADDRESS,
  NODE_ADDRESS,
  NODE_NAME,
  POD_SUBNET,
} from "./addresses.ts";
import { adminKubeconfig, type ClusterFolders, containerdSocket } from "./folders.ts";
import type { PartOptions } from "./part.ts";
import type { PartPaths } from "./part-paths.ts";

export const PAUSE_IMAGE = "heddle.test/pause:1";

export function containerd(
  paths: PartPaths,
  folders: ClusterFolders,
  snapshotter: "overlayfs" | "native",
): PartOptions {
  const file = join(folders.config, "containerd.toml");
  writeFileSync(file, containerdConfig(paths, folders, snapshotter));
  writeNetworkConfig(folders);
  return {
    name: "containerd",
    command: [paths.containerd, "--config", file],
    env: { PATH: `${paths.shimFolder}:${process.env.PATH ?? ""}` },
  };
}

function containerdConfig(paths: PartPaths, folders: ClusterFolders, snapshotter: string): string {
  const cri = "plugins.'io.containerd.cri.v1";
  return `
version = 3
root = "${join(folders.state, "containerd")}"
state = "/run/containerd"
[grpc]
address = "${containerdSocket(folders)}"
[${cri}.images']
snapshotter = "${snapshotter}"
[${cri}.images'.pinned_images]
sandbox = "${PAUSE_IMAGE}"
[${cri}.runtime']
# Machines that may not lower a score can still run pods.
restrict_oom_score_adj = true
[${cri}.runtime'.cni]
bin_dirs = ${JSON.stringify(paths.cniFolders)}
conf_dir = "${folders.config}/cni"
[${cri}.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${cri}.runtime'.containerd.runtimes.runc.options]
BinaryName = "${paths.runc}"
SystemdCgroup = false
`;
}

function writeNetworkConfig({ config, state }: ClusterFolders): void {
  const folder = join(config, "cni");
  mkdirSync(folder, { recursive: true });
  const bridge = {
    type: "bridge",
    bridge: BRIDGE,
    isGateway: true,
    // A pod that calls its own Service may get itself.
    hairpinMode: true,
    ipam: {
      type: "host-local",
      dataDir: join(state, "cni"),
      ranges: [[{ subnet: POD_SUBNET, rangeStart: FIRST_POD_ADDRESS, gateway: NODE_ADDRESS }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  const list = { cniVersion: "1.0.0", name: "pods", plugins: [bridge] };
  writeFileSync(join(folder, "pods.conflist"), JSON.stringify(list));
}

export function kubelet(paths: PartPaths, folders: ClusterFolders, cgroup: string): PartOptions {
  const file = join(folders.config, "kubelet.json");
  writeFileSync(file, JSON.stringify(kubeletConfig(folders, cgroup)));
  return {
    name: "kubelet",
    command: [
      paths.kubelet,
      `--config=${file}`,
      `--kubeconfig=${join(folders.pki, "kubelet.kubeconfig")}`,
      `--root-dir=${join(folders.state, "kubelet")}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${NODE_ADDRESS}`,
      "--node-labels=topology.kubernetes.io/zone=zone-a",
    ],
  };
}

function kubeletConfig(folders: ClusterFolders, cgroup: string): object {
  const { config, state } = folders;
  // Names of this machine's network mean nothing in there.
  const resolv = join(config, "resolv.conf");
  writeFileSync(resolv, "");
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    // Nobody reaches it who is not in the namespaces; the API server asks it for logs.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    containerRuntimeEndpoint: `unix://${containerdSocket(folders)}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    clusterDNS: [NODE_ADDRESS],
    clusterDomain: CLUSTER_DOMAIN,
    resolvConf: resolv,
    podLogsDir: join(state, "pod-logs"),
    volumePluginDir: join(state, "volume-plugins"),
    // How full the machine's disk is does not concern us.
    evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    maxPods: 200,
    // Seconds count where a test waits for each pod.
    syncFrequency: "10s",
    configMapAndSecretChangeDetectionStrategy: "Watch",
  };
}

export function coredns(paths: PartPaths, folders: ClusterFolders): PartOptions {
  const file = join(folders.config, "Corefile");
  const text = `.:53 {
  bind ${NODE_ADDRESS}
  errors
  ready 127.0.0.1:8181
  kubernetes ${CLUSTER_DOMAIN} {
    kubeconfig ${adminKubeconfig(folders)}
    ttl 1
  }
  cache 1
}
`;
  writeFileSync(file, text);
  return { name: "coredns", command: [paths.coredns, "-conf", file] };
}
