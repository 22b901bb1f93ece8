/**
 * What a cluster writes lies in one folder, and is gone with it. The path is short because sockets
 * lie in it, and the kernel allows their names 107 bytes.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export interface ClusterFolders {
  readonly root: string;
  /** Keys, certificates, kubeconfigs. */
  readonly pki: string;
  /** Configuration of the parts. */
  readonly config: string;
  readonly logs: string;
  /** What the parts keep. */
  readonly state: string;
}

export function clusterFolders(root: string): ClusterFolders {
  const below = (name: string): string => join(root, name);
  return {
    root,
    pki: below("pki"),
    config: below("config"),
    logs: below("logs"),
    state: below("state"),
  };
}

export function makeFolders(folders: ClusterFolders): void {
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
}

export function containerdSocket({ root }: ClusterFolders): string {
  return join(root, "containerd.sock");
}

/** With which anybody in the cluster's namespaces may do everything. */
export function adminKubeconfig({ pki }: ClusterFolders): string {
  return join(pki, "admin.kubeconfig");
}
