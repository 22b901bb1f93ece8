/** Which programs the cluster is made of, and where they are. */

export interface PartPaths {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubeScheduler: string;
  readonly kubeProxy: string;
  readonly kubelet: string;
  readonly coredns: string;
  readonly containerd: string;
  readonly ctr: string;
  readonly kubectl: string;
  readonly runc: string;
  /** The folder of containerd's shim, which it looks for in its PATH. */
  readonly shimFolder: string;
  readonly cniFolders: readonly string[];
}
