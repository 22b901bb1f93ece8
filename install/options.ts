/** Everything that can be chosen about an installation. */

import { VERSION } from "../base/version.ts";
import { MESH_NAMESPACE } from "../inject/names.ts";
import { defaultOf, defineOptions, type OptionValues } from "./option-kinds.ts";

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const IMAGE = /^[^\s:@]+(:\d+\/[^\s:@]+)?(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;
const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|Ki|Mi|Gi)?$/;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

export const INSTALL_OPTIONS = defineOptions({
  namespace: {
    kind: "text",
    default: MESH_NAMESPACE,
    pattern: DNS_LABEL,
    meaning: "a label of DNS",
    help: "where Heddle's own programs run",
  },
  ha: {
    kind: "flag",
    default: false,
    help:
      "three replicas of each program on nodes of their own as far as there are some, disruption " +
      "budgets, and pods of namespaces labelled for injection are refused while nobody can inject",
  },
  replicas: {
    kind: "number",
    min: 1,
    max: 25,
    default: null,
    help: "of each program; else 1, and 3 with ha",
  },
  image: {
    kind: "text",
    default: `heddle:${VERSION}`,
    pattern: IMAGE,
    meaning: "the name of an image",
    help: "what all containers run, those of the proxies included",
  },
  imagePullPolicy: {
    kind: "word",
    values: ["Always", "IfNotPresent", "Never"],
    default: "IfNotPresent",
    help: "of the programs, and of the proxies unless proxyDefaults says otherwise",
  },
  imagePullSecrets: {
    kind: "list",
    help: "names of Secrets in the namespace, for the programs' own pods",
  },
  clusterDomain: {
    kind: "text",
    default: "cluster.local",
    pattern: DNS_NAME,
    meaning: "a name of DNS",
    help: "what ends a full name of a service",
  },
  certificates: {
    kind: "word",
    values: ["self", "cert-manager", "external"],
    default: "self",
    help:
      "who makes the webhook's certificate: Heddle, cert-manager, or whoever writes the Secret " +
      "heddle-webhook-tls; the operator's own authority is Heddle's in each case",
  },
  caBundle: {
    kind: "text",
    default: null,
    pattern: BASE64,
    meaning: "PEM in base64",
    help: "with external certificates: what the API server is to trust the webhook by",
  },
  failurePolicy: {
    kind: "word",
    values: ["Ignore", "Fail"],
    default: null,
    help:
      "what becomes of pods in namespaces labelled for injection while the webhook is away; else " +
      "Ignore, and Fail with ha",
  },
  injectUnasked: {
    kind: "flag",
    default: false,
    help: "every pod gets a proxy that does not say otherwise, and not only those that ask for it",
  },
  acceptLinkerdAnnotations: {
    kind: "flag",
    default: false,
    help: "options of Linkerd's annotations count where ours are not given",
  },
  proxyDefaults: {
    kind: "map",
    help: "options of all proxies, by the names that annotations have after heddle.mesh/",
  },
  logLevel: {
    kind: "word",
    values: ["debug", "info", "warn", "error"],
    default: "info",
    help: "the least important messages of the programs to show",
  },
  logFormat: {
    kind: "word",
    values: ["text", "json"],
    default: "text",
    help: "form of the programs' logs",
  },
  operatorCpuRequest: quantity("100m", "what each operator asks of its node"),
  operatorMemoryRequest: quantity("192Mi", "what each operator asks of its node"),
  operatorMemoryLimit: optionalQuantity("at which an operator is ended; else none"),
  webhookCpuRequest: quantity("50m", "what each webhook asks of its node"),
  webhookMemoryRequest: quantity("128Mi", "what each webhook asks of its node"),
  webhookMemoryLimit: optionalQuantity("at which a webhook is ended; else none"),
  priorityClass: {
    kind: "text",
    default: null,
    pattern: DNS_NAME,
    meaning: "a name of DNS",
    help: "of the programs' pods; else none, and system-cluster-critical with ha",
  },
  nodeSelector: { kind: "map", help: "labels of the nodes that the programs may run on" },
  tolerations: { kind: "objects", help: "of the programs' pods, as Kubernetes has them" },
  networkPolicies: {
    kind: "flag",
    default: true,
    help: "whether the programs' pods get NetworkPolicies",
  },
  adminFrom: {
    kind: "list",
    help:
      "subnets that may reach the programs' admin ports, besides their namespace and that of " +
      "the monitoring: those of the API servers and of nothing else; else everybody may, since " +
      "the command line comes by the API server, whose address no manifest can know",
  },
  monitoring: {
    kind: "flag",
    default: false,
    help: "PodMonitors and a PrometheusRule, for the Prometheus operator",
  },
  monitoringNamespace: {
    kind: "text",
    default: "monitoring",
    pattern: DNS_LABEL,
    meaning: "a label of DNS",
    help: "where Prometheus runs, for the NetworkPolicies",
  },
  monitoringLabels: {
    kind: "map",
    help: "labels by which the Prometheus operator selects monitors and rules",
  },
});

function quantity(value: string, help: string) {
  const meaning = "a quantity such as 128Mi";
  return { kind: "text", default: value, pattern: QUANTITY, meaning, help } as const;
}

function optionalQuantity(help: string) {
  const meaning = "a quantity such as 512Mi";
  return { kind: "text", default: null, pattern: QUANTITY, meaning, help } as const;
}

export type InstallOptions = OptionValues<typeof INSTALL_OPTIONS>;

export function defaultInstallOptions(): InstallOptions {
  const entries = Object.entries(INSTALL_OPTIONS).map(([name, option]) => [
    name,
    defaultOf(option),
  ]);
  // The table's own types say what the default of each kind is.
  return Object.fromEntries(entries) as InstallOptions;
}
