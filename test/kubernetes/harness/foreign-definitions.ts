/** Kinds of others as their own installations define them, as far as names go. */

/** Of Linkerd and SMI. */
export function foreignDefinitions(): readonly object[] {
  return [
    foreign("linkerd.io", "ServiceProfile", "sp", ["v1alpha2"]),
    foreign("split.smi-spec.io", "TrafficSplit", "ts", [
      "v1alpha1",
      "v1alpha2",
      "v1alpha3",
      "v1alpha4",
    ]),
    foreign("specs.smi-spec.io", "HTTPRouteGroup", "htr", ["v1alpha3", "v1alpha4"]),
  ];
}

/** Those of the operators that an installation may ask for certificates and alerts. */
export function operatorsDefinitions(): readonly object[] {
  return [
    foreign("cert-manager.io", "Issuer", "iss", ["v1"]),
    foreign("cert-manager.io", "Certificate", "cert", ["v1"]),
    foreign("monitoring.coreos.com", "PodMonitor", "pmon", ["v1"]),
    foreign("monitoring.coreos.com", "PrometheusRule", "promrule", ["v1"]),
  ];
}

/** The last version is the one that is stored. */
function foreign(
  group: string,
  kind: string,
  shortName: string,
  versions: readonly string[],
): object {
  const singular = kind.toLowerCase();
  const keep = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural: `${singular}s`, singular, shortNames: [shortName] },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === versions.length - 1,
        schema: { openAPIV3Schema: { type: "object", properties: { spec: keep } } },
      })),
    },
  };
}
