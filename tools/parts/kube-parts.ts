/**
 * What tests run of Kubernetes, as rows: an API server and its store for test/kubernetes, the rest
 * of a node beside them. One version of all.
 */
import { type GoPart, obtainGoPart } from "./go-part.ts";
import type { Part, Tell } from "./part.ts";

const KUBERNETES = "1.36.3";
const ETCD = "3.6.5";
/** The API server waits for progress of watches, which older stores do not tell of. */
const OLDEST_ETCD = [3, 5, 13];
/** WatchList and native sidecars. */
const OLDEST_KUBERNETES = [1, 34];

/** Where setup-envtest of controller-runtime puts its three programs. */
const ASSETS = "KUBEBUILDER_ASSETS";

export const KUBERNETES_MODULE = {
  version: KUBERNETES,
  module: "k8s.io/kubernetes",
  moduleVersion: `v${KUBERNETES}`,
  stagedVersion: `v0.${KUBERNETES.replace(/^1\./, "")}`,
  stamp: {
    "k8s.io/component-base/version.gitVersion": `v${KUBERNETES}`,
    "k8s.io/component-base/version.gitMajor": "1",
    "k8s.io/component-base/version.gitMinor": KUBERNETES.split(".")[1] ?? "",
  },
} as const;

export const KUBE_PARTS = {
  etcd: {
    name: "etcd",
    version: ETCD,
    module: "go.etcd.io/etcd/server/v3",
    moduleVersion: `v${ETCD}`,
    build: { main: mainCalling("go.etcd.io/etcd/server/v3/etcdmain", "etcdmain.Main(os.Args)") },
    takes: "a minute",
    installed: { inPath: true, oldest: OLDEST_ETCD, fileVariable: "ETCD", folderVariable: ASSETS },
  },
  "kube-apiserver": {
    ...KUBERNETES_MODULE,
    name: "kube-apiserver",
    build: { package: "k8s.io/kubernetes/cmd/kube-apiserver" },
    takes: "five minutes",
    installed: { inPath: true, oldest: OLDEST_KUBERNETES, folderVariable: ASSETS },
  },
  kubectl: {
    ...KUBERNETES_MODULE,
    name: "kubectl",
    build: { package: "k8s.io/kubernetes/cmd/kubectl" },
    takes: "half a minute after the API server",
    installed: {
      inPath: true,
      ask: ["version", "--client"],
      oldest: OLDEST_KUBERNETES,
      folderVariable: ASSETS,
    },
  },
} as const satisfies Readonly<Record<string, GoPart>>;

export type KubePartName = keyof typeof KUBE_PARTS;

/** Each from the machine, from the cache, or built now. */
export async function obtainKubePart(name: KubePartName, tell: Tell): Promise<Part> {
  return await obtainGoPart(KUBE_PARTS[name], tell);
}

/** A Go program of one call into a package. */
function mainCalling(path: string, call: string): string {
  return [
    "package main",
    "",
    `import (\n\t"os"\n\n\t"${path}"\n)`,
    "",
    `func main() { ${call} }`,
    "",
  ].join("\n");
}
