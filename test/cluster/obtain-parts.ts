/** Brings what the cluster is made of, or says what is missing. */
import { dirname } from "node:path";
import { type GoPart, obtainGoPart } from "../../tools/parts/go-part.ts";
import { KUBE_PARTS } from "../../tools/parts/kube-parts.ts";
import { NODE_PARTS } from "../../tools/parts/node-parts.ts";
import { findProgram } from "../../tools/system-packages.ts";
import type { PartPaths } from "./node/part-paths.ts";

const CNI_PLUGINS = ["bridge", "loopback", "host-local"] as const;

/** Throws with the reason when one cannot be had. */
export async function obtainParts(tell: (line: string) => void): Promise<PartPaths> {
  const bring = async (row: GoPart): Promise<string> => {
    const part = await obtainGoPart(row, tell);
    if ("missing" in part) throw new Error(part.missing);
    return part.file;
  };
  const cni: string[] = [];
  for (const name of CNI_PLUGINS) cni.push(dirname(await bring(NODE_PARTS[name])));
  const runc = findProgram("runc");
  if (runc === undefined) throw new Error("runc is not installed");
  return {
    etcd: await bring(KUBE_PARTS.etcd),
    kubeApiserver: await bring(KUBE_PARTS["kube-apiserver"]),
    kubectl: await bring(KUBE_PARTS.kubectl),
    kubelet: await bring(NODE_PARTS.kubelet),
    kubeControllerManager: await bring(NODE_PARTS["kube-controller-manager"]),
    kubeScheduler: await bring(NODE_PARTS["kube-scheduler"]),
    kubeProxy: await bring(NODE_PARTS["kube-proxy"]),
    containerd: await bring(NODE_PARTS.containerd),
    shimFolder: dirname(await bring(NODE_PARTS["containerd-shim-runc-v2"])),
    ctr: await bring(NODE_PARTS.ctr),
    coredns: await bring(NODE_PARTS.coredns),
    runc,
    cniFolders: cni,
  };
}
