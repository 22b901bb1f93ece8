/** Every kind of which an installation has objects, in the order in which they are made. */
import type { Fields } from "../../inject/pod.ts";
import { mapAt } from "../../inject/pod.ts";
import type { KubeResource } from "../../kube/kube-object.ts";
import { pathOf } from "../cluster/resources.ts";

export interface InstalledKind extends KubeResource {
  readonly isNamespaced: boolean;
}

function kind(
  group: string,
  version: string,
  word: string,
  plural: string,
  isNamespaced = true,
): InstalledKind {
  return { group, version, kind: word, plural, isNamespaced };
}

const RBAC = "rbac.authorization.k8s.io";
const ADMISSION = "admissionregistration.k8s.io";

export const INSTALLED_KINDS: readonly InstalledKind[] = [
  kind("", "v1", "Namespace", "namespaces", false),
  kind(
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    false,
  ),
  kind("", "v1", "ServiceAccount", "serviceaccounts"),
  kind(RBAC, "v1", "ClusterRole", "clusterroles", false),
  kind(RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", false),
  kind(RBAC, "v1", "Role", "roles"),
  kind(RBAC, "v1", "RoleBinding", "rolebindings"),
  kind("", "v1", "ConfigMap", "configmaps"),
  kind("", "v1", "Secret", "secrets"),
  kind("cert-manager.io", "v1", "Issuer", "issuers"),
  kind("cert-manager.io", "v1", "Certificate", "certificates"),
  kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
  kind("", "v1", "Service", "services"),
  kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  kind("apps", "v1", "Deployment", "deployments"),
  kind(ADMISSION, "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
  kind(ADMISSION, "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false),
  kind("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors"),
  kind("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
  kind("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"),
];

/** What an object's path is made from, and how it is called in lines for people. */
export interface PlacedObject {
  readonly kind: InstalledKind;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  /** `Deployment heddle/heddle-operator` */
  readonly label: string;
}

/** Throws for a kind that is not in the table: that is a defect. */
export function placeObject(object: Fields): PlacedObject {
  const found = INSTALLED_KINDS.find(
    (one) => one.kind === object.kind && apiVersion(one) === object.apiVersion,
  );
  const { name, namespace } = mapAt(object, "metadata");
  if (found === undefined || typeof name !== "string") {
    throw new Error(`an installation has no ${String(object.kind)}`);
  }
  const space = found.isNamespaced && typeof namespace === "string" ? namespace : "";
  return place(found, space, name);
}

export function place(found: InstalledKind, namespace: string, name: string): PlacedObject {
  const where = namespace === "" ? name : `${namespace}/${name}`;
  return {
    ...{ kind: found, namespace, name },
    path: pathOf(found, { namespace, name }),
    label: `${found.kind} ${where}`,
  };
}

function apiVersion({ group, version }: InstalledKind): string {
  return group === "" ? version : `${group}/${version}`;
}
