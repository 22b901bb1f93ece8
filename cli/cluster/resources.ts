/** Kinds of Kubernetes that verbs look at, and the paths of single objects. */
import { collectionPath, type KubeResource, objectPath } from "../../kube/kube-object.ts";

function core(kind: string, plural: string): KubeResource {
  return { group: "", version: "v1", kind, plural };
}

function v1(group: string, kind: string, plural: string): KubeResource {
  return { group, version: "v1", kind, plural };
}

const ADMISSION = "admissionregistration.k8s.io";

export const PODS = core("Pod", "pods");
export const NODES = core("Node", "nodes");
export const NAMESPACES = core("Namespace", "namespaces");
export const SECRETS = core("Secret", "secrets");
export const CONFIG_MAPS = core("ConfigMap", "configmaps");
export const DEPLOYMENTS = v1("apps", "Deployment", "deployments");
export const REVISIONS = v1("apps", "ControllerRevision", "controllerrevisions");
export const LEASES = v1("coordination.k8s.io", "Lease", "leases");
export const DEFINITIONS = v1(
  "apiextensions.k8s.io",
  "CustomResourceDefinition",
  "customresourcedefinitions",
);
export const MUTATING = v1(
  ADMISSION,
  "MutatingWebhookConfiguration",
  "mutatingwebhookconfigurations",
);
export const VALIDATING = v1(
  ADMISSION,
  "ValidatingWebhookConfiguration",
  "validatingwebhookconfigurations",
);

/** From the root of the API server; an empty namespace for kinds that have none. */
export function pathOf(
  resource: KubeResource,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  if (namespace !== "") return objectPath(resource, { namespace, name });
  return `${collectionPath(resource)}/${encodeURIComponent(name)}`;
}
