/**
 * All objects of an installation, in the order in which they can be made. The single source of what
 * `heddle install`, the kustomize base, the Helm chart and the operator bundle put into a cluster.
 */
import { DEFINITIONS } from "../crds/definitions.gen.ts";
import { INJECT, OPERATOR, WEBHOOK } from "../inject/names.ts";
import { type Fields, mapAt } from "../inject/pod.ts";
import { caInjection, certManagerObjects } from "./certificates.ts";
import { type InstallObject, installObject, programLabels } from "./install-object.ts";
import { monitoringObjects } from "./monitoring.ts";
import { disruptionBudgets, networkPolicies, services } from "./network.ts";
import type { InstallOptions } from "./options.ts";
import { operatorDeployment, proxyDefaults, webhookDeployment } from "./programs.ts";
import { rbacObjects } from "./rbac.ts";
import { webhookObjects } from "./webhooks.ts";

export function installObjects(options: InstallOptions): readonly InstallObject[] {
  const objects = [
    meshNamespace(options),
    ...DEFINITIONS,
    ...[OPERATOR, WEBHOOK].map((program) => serviceAccount(program, options)),
    ...rbacObjects({
      namespace: options.namespace,
      ownCertificates: options.certificates === "self",
    }),
    proxyDefaults(options),
    ...certManagerObjects(options),
    ...networkPolicies(options),
    ...services(options),
    ...disruptionBudgets(options),
    operatorDeployment(options),
    webhookDeployment(options),
    // Last: nothing is asked of a webhook that is not there yet.
    ...webhookConfigurations(options),
    ...monitoringObjects(options),
  ];
  return objects.map(installObject);
}

/** Whoever could add to these pods could read the authority's key. */
function meshNamespace({ namespace }: InstallOptions): Fields {
  const levels = ["enforce", "audit", "warn"].map((mode) => [
    `pod-security.kubernetes.io/${mode}`,
    "restricted",
  ]);
  const labels = { [INJECT]: "disabled", ...Object.fromEntries(levels) };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } };
}

function serviceAccount(program: string, { namespace }: InstallOptions): Fields {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: program, namespace, labels: programLabels(program) },
  };
}

function webhookConfigurations(options: InstallOptions): readonly Fields[] {
  const { namespace, ha, caBundle, certificates } = options;
  const failurePolicy = options.failurePolicy ?? (ha ? "Fail" : "Ignore");
  const place = {
    namespace,
    failurePolicy,
    caBundle: certificates === "external" ? caBundle : null,
  };
  const annotations = caInjection(options);
  return webhookObjects(place).map((object) => {
    const metadata = mapAt(object, "metadata");
    const labelled = { ...metadata, labels: programLabels(WEBHOOK) };
    const isPlain = Object.keys(annotations).length === 0;
    return { ...object, metadata: isPlain ? labelled : { ...labelled, annotations } };
  });
}
