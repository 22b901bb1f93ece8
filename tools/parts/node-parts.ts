/**
 * What a node is made of besides the API server, as rows: the programs that make pods out of
 * objects. The versions are those that belong to the Kubernetes of `kube-parts.ts`. runc is the
 * machine's: it needs a C library that Go's module proxy does not have.
 */
import type { GoPart } from "./go-part.ts";
import { KUBERNETES_MODULE } from "./kube-parts.ts";

const CONTAINERD = "2.1.4";
const CNI_PLUGINS = "1.7.1";
const COREDNS = "1.12.4";

const CONTAINERD_MODULE = {
  version: CONTAINERD,
  module: "github.com/containerd/containerd/v2",
  moduleVersion: `v${CONTAINERD}`,
  // What is left out keeps files on kinds of disks that few machines have.
  tags: ["no_btrfs", "no_devmapper", "no_zfs"],
  isStatic: true,
  takes: "two minutes, together with its shim",
} as const;

const CNI_MODULE = {
  version: CNI_PLUGINS,
  module: "github.com/containernetworking/plugins",
  moduleVersion: `v${CNI_PLUGINS}`,
  isStatic: true,
  takes: "seconds",
} as const;

const CNI_PACKAGE = "github.com/containernetworking/plugins/plugins";
const COREDNS_PACKAGE = "github.com/coredns/coredns";
/** Of its plugins, those that a cluster's names need. */
const COREDNS_PLUGINS = ["bind", "cache", "errors", "kubernetes", "ready"];

export const NODE_PARTS = {
  kubelet: {
    ...KUBERNETES_MODULE,
    name: "kubelet",
    build: { package: "k8s.io/kubernetes/cmd/kubelet" },
    takes: "two minutes after the API server",
  },
  "kube-controller-manager": {
    ...KUBERNETES_MODULE,
    name: "kube-controller-manager",
    build: { package: "k8s.io/kubernetes/cmd/kube-controller-manager" },
    takes: "a minute after the kubelet",
  },
  "kube-scheduler": {
    ...KUBERNETES_MODULE,
    name: "kube-scheduler",
    build: { package: "k8s.io/kubernetes/cmd/kube-scheduler" },
    takes: "half a minute after the kubelet",
  },
  "kube-proxy": {
    ...KUBERNETES_MODULE,
    name: "kube-proxy",
    build: { package: "k8s.io/kubernetes/cmd/kube-proxy" },
    takes: "half a minute after the kubelet",
  },
  containerd: {
    ...CONTAINERD_MODULE,
    name: "containerd",
    build: { package: "github.com/containerd/containerd/v2/cmd/containerd" },
  },
  "containerd-shim-runc-v2": {
    ...CONTAINERD_MODULE,
    name: "containerd-shim-runc-v2",
    build: { package: "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2" },
  },
  ctr: {
    ...CONTAINERD_MODULE,
    name: "ctr",
    build: { package: "github.com/containerd/containerd/v2/cmd/ctr" },
  },
  bridge: { ...CNI_MODULE, name: "bridge", build: { package: `${CNI_PACKAGE}/main/bridge` } },
  loopback: { ...CNI_MODULE, name: "loopback", build: { package: `${CNI_PACKAGE}/main/loopback` } },
  "host-local": {
    ...CNI_MODULE,
    name: "host-local",
    build: { package: `${CNI_PACKAGE}/ipam/host-local` },
  },
  coredns: {
    name: "coredns",
    version: COREDNS,
    module: COREDNS_PACKAGE,
    moduleVersion: `v${COREDNS}`,
    build: { main: corednsMain() },
    takes: "a minute and a half",
  },
} as const satisfies Readonly<Record<string, GoPart>>;

/** Its own program has plugins for every cloud, and takes many times as long to build. */
function corednsMain(): string {
  const imports = [
    `_ "${COREDNS_PACKAGE}/core/dnsserver"`,
    `"${COREDNS_PACKAGE}/coremain"`,
    ...COREDNS_PLUGINS.map((name) => `_ "${COREDNS_PACKAGE}/plugin/${name}"`),
  ];
  return [
    "package main",
    "",
    `import (\n${imports.map((line) => `\t${line}`).join("\n")}\n)`,
    "",
    "func main() { coremain.Run() }",
    "",
  ].join("\n");
}
