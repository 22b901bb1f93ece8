/** The reference of what can be chosen about an installation, from the table that it is read by. */
import type { Option } from "../../install/option-kinds.ts";
import { INSTALL_OPTIONS } from "../../install/options.ts";

const INTRODUCTION = `
# Options of an installation

Made from \`install/\` by \`make generate\`.

The same options are taken by \`heddle install --set KEY=VALUE\`, by its \`--values FILE\`, and as
values of the Helm chart in \`config/helm/heddle\`. With \`--set\`, lists are separated by commas, an
entry of a map is \`KEY.ENTRY=VALUE\`, and a list of objects is JSON. A key that is not in this table
is refused, and so is a value of another form.
`;

const CLOSING = `
## Ways to install

| way | what it is |
| --- | --- |
| \`heddle install \\| kubectl apply --server-side -f -\` | the objects printed; \`--apply\` sends them itself |
| \`kubectl apply --server-side -k config/default\` | the same with kustomize; \`config/overlays/ha\`, \`cert-manager\` and \`monitoring\` change what their names say, and the components below \`config/components\` can be put together |
| the bundle in \`config/olm\` | for the Operator Lifecycle Manager, which makes accounts, roles, certificate and webhook configurations itself |
| \`helm install heddle config/helm/heddle --namespace heddle --create-namespace\` | the same with Helm |

The printed objects, kustomize and Helm put the same into the cluster, which is tested object by
object. Kubernetes must be 1.31 or newer, on every node. Heddle's own namespace is Heddle's alone:
whoever may make pods or read Secrets there holds the key of the mesh.

Helm leaves the namespace to \`--create-namespace\`, which sets no labels: the chart's notes name
those that keep it to restricted pods. The chart brings the definitions of its kinds with every
upgrade, and leaves them when it is uninstalled, since the objects of these kinds would go with
them.

## The image

All containers run one image, \`image\`. \`make image\` makes it into \`dist/heddle.tar\`, an OCI archive
that \`docker load\`, \`podman load\` and \`ctr images import\` take; \`config/image/Containerfile\` makes
the same with a container engine. It holds Node, nftables and iptables with the libraries that they
need, and Heddle; no shell. Its user is 2103, and containers need no other, except proxies (2102) and
what redirects (root, with NET_ADMIN alone). What it consists of stands in it, as
\`/usr/share/heddle/bom.cdx.json\` (CycloneDX).

It is for the architecture of the machine that makes it, or for another:
\`make image ARGS="--arch arm64"\`. What that takes besides is fetched once a day, without installing
anything: Node and its one native addon from npm, in the versions of package-lock.json, and the
files of Debian's packages from where the machine has its own, a Debian with \`apt-get\`. Elsewhere
\`--system DIR\` names the root folder of a system that has them.

## Who may reach the programs

The NetworkPolicies let proxies of all namespaces to port 4190 of the operator, everybody to port
4193 of the webhook, since API servers have addresses that no manifest can know, and everybody to
the admin ports 4192 and 4194, whose pages only tell and change nothing: the command line reaches
them by the API server. With \`adminFrom\` only those subnets do, the namespaces of Heddle and of the
monitoring, and \`kube-system\`, from where managed clusters connect. Probes of the kubelet come from
the pod's own node, which policies let pass.
`;

export function installPage(): string {
  const rows = Object.entries(INSTALL_OPTIONS).map(([name, option]) => row(name, option));
  const head = "| option | value | default | meaning |\n| --- | --- | --- | --- |";
  return `${[INTRODUCTION.trim(), [head, ...rows].join("\n"), CLOSING.trim()].join("\n\n")}\n`;
}

function row(name: string, option: Option): string {
  return `| \`${name}\` | ${formOf(option)} | ${defaultText(option)} | ${option.help} |`;
}

function formOf(option: Option): string {
  switch (option.kind) {
    case "word":
      return option.values.map((value) => `\`${value}\``).join(", ");
    case "flag":
      return "`true`, `false`";
    case "number":
      return `number from ${option.min} to ${option.max}`;
    case "text":
      return option.meaning ?? "text";
    case "list":
      return "list of texts";
    case "map":
      return "map of texts";
    case "objects":
      return "list of objects";
  }
}

function defaultText(option: Option): string {
  if (!("default" in option)) return "none";
  return option.default === null ? "" : `\`${option.default}\``;
}
