/** How the programs are reached, and by whom; and how many of them may be gone at a time. */
import {
  OPERATOR,
  OPERATOR_ADMIN_PORT,
  OPERATOR_CONTROL_PORT,
  WEBHOOK,
  WEBHOOK_ADMIN_PORT,
  WEBHOOK_PORT,
  WEBHOOK_SERVICE_PORT,
} from "../inject/names.ts";
import type { Fields } from "../inject/pod.ts";
import { programLabels, selectorLabels } from "./install-object.ts";
import type { InstallOptions } from "./options.ts";

/** Of every namespace, set by the API server itself. */
const NAMESPACE_NAME = "kubernetes.io/metadata.name";

/** Where managed clusters let their API servers' connections come out. */
const SYSTEM_NAMESPACE = "kube-system";

export function services({ namespace }: InstallOptions): readonly Fields[] {
  return [
    service(namespace, OPERATOR, [
      { name: "control", port: OPERATOR_CONTROL_PORT, targetPort: "control", protocol: "TCP" },
      { name: "admin", port: OPERATOR_ADMIN_PORT, targetPort: "admin", protocol: "TCP" },
    ]),
    service(namespace, WEBHOOK, [
      { name: "webhook", port: WEBHOOK_SERVICE_PORT, targetPort: "webhook", protocol: "TCP" },
      { name: "admin", port: WEBHOOK_ADMIN_PORT, targetPort: "admin", protocol: "TCP" },
    ]),
  ];
}

function service(namespace: string, program: string, ports: readonly Fields[]): Fields {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: program, namespace, labels: programLabels(program) },
    spec: { type: "ClusterIP", selector: selectorLabels(program), ports },
  };
}

/**
 * Proxies of all namespaces reach the operator. API servers, which reach the webhook, have
 * addresses that no manifest can know. The kubelet's probes come from the pod's own node, which no
 * policy keeps out.
 */
export function networkPolicies(options: InstallOptions): readonly Fields[] {
  if (!options.networkPolicies) return [];
  const { namespace } = options;
  const admin = adminPeers(options);
  const proxies = [{ namespaceSelector: {} }];
  return [
    policy(namespace, OPERATOR, [
      rule(OPERATOR_CONTROL_PORT, proxies),
      rule(OPERATOR_ADMIN_PORT, admin),
    ]),
    policy(namespace, WEBHOOK, [rule(WEBHOOK_PORT, []), rule(WEBHOOK_ADMIN_PORT, admin)]),
  ];
}

/** None means everybody. */
function adminPeers(options: InstallOptions): readonly Fields[] {
  const { adminFrom, namespace, monitoringNamespace } = options;
  if (adminFrom.length === 0) return [];
  const names = [namespace, monitoringNamespace, SYSTEM_NAMESPACE];
  const values = [...new Set(names)];
  const matchExpressions = [{ key: NAMESPACE_NAME, operator: "In", values }];
  const subnets = adminFrom.map((cidr) => ({ ipBlock: { cidr } }));
  return [{ namespaceSelector: { matchExpressions } }, ...subnets];
}

function rule(port: number, from: readonly Fields[]): Fields {
  return { ...(from.length === 0 ? {} : { from }), ports: [{ port, protocol: "TCP" }] };
}

function policy(namespace: string, program: string, ingress: readonly Fields[]): Fields {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: program, namespace, labels: programLabels(program) },
    spec: {
      podSelector: { matchLabels: selectorLabels(program) },
      policyTypes: ["Ingress"],
      ingress,
    },
  };
}

/** With one replica there is nothing to keep: a budget would only hold up the node's drain. */
export function disruptionBudgets({ namespace, ha }: InstallOptions): readonly Fields[] {
  if (!ha) return [];
  return [OPERATOR, WEBHOOK].map((program) => ({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: program, namespace, labels: programLabels(program) },
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selectorLabels(program) },
      // One that never gets ready must not hold up the drain of its node.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  }));
}
